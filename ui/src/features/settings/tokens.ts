import type { Schemas } from "../../api/client";
import { type Role, roles } from "../../api/roles";

export type Token = Schemas["Token"];

export const lifetimes = [
  { value: "7", text: "7 days" },
  { value: "30", text: "30 days" },
  { value: "90", text: "90 days" },
  { value: "365", text: "a year" },
] as const;

export const DAY_MS = 24 * 3_600_000;

export type TokenState = "valid" | "expired" | "revoked";

export function tokenState(token: Token, now: number): TokenState {
  if (token.revoked_at != null) return "revoked";
  return token.expires_at != null && token.expires_at <= now ? "expired" : "valid";
}

/** Usable ones first, then by when they were made. */
export function sorted(tokens: readonly Token[], now: number): Token[] {
  const rank = (token: Token) => ["valid", "expired", "revoked"].indexOf(tokenState(token, now));
  return tokens.toSorted((one, other) => rank(one) - rank(other) || other.created_at - one.created_at);
}

/** The roles that somebody may give to a token: none above their own. */
export function rolesUpTo(role: Role): Role[] {
  return roles.slice(0, roles.indexOf(role) + 1);
}

export const MIN_PASSWORD = 12;

/** What is wrong with a new password, if anything; the server decides again. */
export function passwordProblem(password: string): string | undefined {
  if (password === "" || password.length >= MIN_PASSWORD) return undefined;
  return `At least ${MIN_PASSWORD} characters; it has ${password.length}.`;
}
