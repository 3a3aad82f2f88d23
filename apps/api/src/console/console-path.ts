/** Where the console answers. */
export const CONSOLE_PATH = "/console";
