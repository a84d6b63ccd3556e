import type { QueryClient } from "@tanstack/react-query";
import { api, body, type Schemas } from "../../api/client";
import { keys } from "../../api/queries";

export async function signIn(client: QueryClient, request: Schemas["SignIn"]): Promise<void> {
  const me = body(await api.POST("/api/v1/session", { body: request }));
  client.clear();
  client.setQueryData(keys.me, me);
}

export async function firstStart(client: QueryClient, request: Schemas["FirstStart"]): Promise<void> {
  const me = body(await api.POST("/api/v1/first-start", { body: request }));
  client.clear();
  client.setQueryData(keys.me, me);
}

export async function signOut(client: QueryClient): Promise<void> {
  await api.DELETE("/api/v1/session");
  client.clear();
}

/** Where to go after signing in: only to an address of ours, never to another site. */
export function destination(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith("/login") ? next : "/";
}

const AFTERWARDS = "tidegate-afterwards-";

/**
 * Where the button leads that signs in with GitHub. What GitHub hands back is only an id; which page it stands for is kept in this tab, so that no
 * link from elsewhere can lead anywhere.
 */
export function throughGitHub(next: string | undefined, kept: Pick<Storage, "setItem"> = sessionStorage): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const id = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  kept.setItem(AFTERWARDS + id, destination(next));
  return `/api/v1/session/github?then=${id}`;
}

/** What an id stands for that came back, once; the first page when this tab does not know it. */
export function afterwards(id: string, kept: Pick<Storage, "getItem" | "removeItem"> = sessionStorage): string {
  const next = kept.getItem(AFTERWARDS + id);
  kept.removeItem(AFTERWARDS + id);
  return destination(next ?? undefined);
}

const refusals: Record<string, string> = {
  forbidden: "GitHub knows you, but none of your teams there may use this server, or an admin has locked you out. Ask whoever runs it.",
  wrong_credentials: "Signing in with GitHub was given up or took too long. Try again.",
  sign_in_unavailable: "GitHub does not answer now. Try again in a moment, or sign in with a password.",
  too_many_logins: "Too many attempts from here. Try again in a quarter of an hour.",
};

/** Why GitHub led back without signing anybody in. The address only says a code: its words could be anybody's. */
export function refusedBecause(code: string): string {
  return refusals[code] ?? "Signing in with GitHub did not work. Try again, or sign in with a password.";
}
