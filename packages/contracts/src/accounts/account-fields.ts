/**
 * An account's registration, checked before anything is kept: a log-in or verification with nonsense in it would be paid for.
 * No message repeats a value.
 */
import { z } from "zod";

const filled = z.string().min(1, "must not be empty");
const atMost = (most: number) => `must be at most ${most} characters`;

/** The longest secret that is taken, in characters; a file that was sent by mistake is longer. */
export const MAX_SECRET_LENGTH = 20_000;

export const AccountEmail = z.email("must be an e-mail address").max(254, atMost(254));
export const AccountPassword = filled.max(1_000, atMost(1_000));
/** LinkedIn's session as LinkUp gave it: printable, without blanks. */
export const LoginToken = filled
  .max(MAX_SECRET_LENGTH, atMost(MAX_SECRET_LENGTH))
  .regex(/^[\x21-\x7e]+$/, "must be a token as LinkUp gave it");
/** The code that LinkedIn sent to a member; blanks around it are dropped. */
export const VerificationCode = z.string().trim().min(1, "must not be empty").max(100, atMost(100));
