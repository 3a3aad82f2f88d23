/** Addresses that the least inputs of operations hold. They are nobody's. */
export const A_PERSON = "https://www.linkedin.com/in/jane-doe";
export const A_POST = "https://www.linkedin.com/feed/update/urn:li:activity:7123456789012345678";
