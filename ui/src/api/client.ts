import createClient, { type Middleware } from "openapi-fetch";
import { ProblemError, problemFrom, UnreachableError } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/**
 * The typed client. A session cookie says who asks; the server checks by Fetch Metadata and Origin that a change comes from here, so there is
 * no token to carry. Every answer that is no success is thrown as a `ProblemError`, no answer as an `UnreachableError`.
 */
export const api = createClient<paths>({
  // `fetch` is looked up at each call, so that tests can replace it.
  fetch: async (request) => {
    try {
      return await globalThis.fetch(request);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new UnreachableError(error);
    }
  },
  baseUrl: globalThis.location?.origin ?? "http://localhost",
});

const refuse: Middleware = {
  async onResponse({ response, request }) {
    if (response.ok) return undefined;
    const text = await response.clone().text();
    throw new ProblemError(problemFrom(response.status, parsed(text), new URL(request.url).pathname));
  },
};
api.use(refuse);

/** The answer's body: `api` throws whatever is no success, so there is one. */
export function body<T>(answer: { data?: T }): T {
  return answer.data as T;
}

/** A key that makes a change happen once, however often the request is sent. */
export function idempotencyKey(): string {
  return globalThis.crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
