import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];

/** An answer of the server that is no success (RFC 9457). Branch on `problem.code`; `problem.detail` is for people. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** The server did not answer at all. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super("The server does not answer. It may be restarting, or the network is down.", { cause });
    this.name = "UnreachableError";
  }
}

/** Codes travel as snake_case; the document names them in PascalCase. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof ProblemError ? snake(String(error.problem.code)) : undefined;
}

export function isNotSignedIn(error: unknown): boolean {
  return codeOf(error) === "not_signed_in";
}

/** What a person should read about `error`. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return "Something went wrong.";
}

/** Reads a problem from an answer, also from one that a proxy made and that is no JSON. */
export function problemFrom(status: number, body: unknown, path: string): Problem {
  if (isProblem(body)) return body;
  return {
    type: "about:blank",
    title: `The server answered ${status}`,
    status,
    code: (status === 401 ? "not_signed_in" : "internal") as unknown as Problem["code"],
    detail: `The server answered ${status} to ${path} without saying why. A proxy in between may have answered instead.`,
  };
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}

function snake(name: string): string {
  return name.replace(/(?<=[a-z])([A-Z])/g, "_$1").toLowerCase();
}
