/**
 * The countries whose proxies LinkUp offers. It refuses others with a charged 400, at each call of the account, so they are refused here.
 * Evidence: the vendor's pages [D]; older ones list US, UK and FR, newer ones all of these. It is UK, not the ISO code GB.
 */
import { z } from "zod";

export const COUNTRIES = ["FR", "US", "UK", "DE", "NL", "IT", "IL", "CA", "BR", "ES", "IN"] as const;

const message = `must be one of ${COUNTRIES.join(", ")}`;

/** A country as LinkUp writes it; lower case is taken. */
export const Country = z
  .string()
  .refine((text) => COUNTRIES.some((known) => known === text.toUpperCase()), {
    error: ({ input }) => (/^gb$/i.test(String(input)) ? `${message}; LinkUp calls the United Kingdom UK, not GB` : message),
  })
  .transform((text) => text.toUpperCase())
  .meta({ enum: [...COUNTRIES] })
  .describe("picks the proxy that LinkUp uses for this account; its default is FR");
