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
