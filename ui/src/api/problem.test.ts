import { expect, test } from "vitest";
import { codeOf, isNotSignedIn, messageOf, ProblemError, problemFrom, UnreachableError } from "./problem";

test("a problem keeps its code and says its detail", () => {
  const problem = problemFrom(409, { code: "superseded", detail: "#4 carries it", status: 409, title: "", type: "" }, "/x");
  const error = new ProblemError(problem);
  expect(codeOf(error)).toBe("superseded");
  expect(messageOf(error)).toBe("#4 carries it");
});

test("an answer of a proxy becomes a problem that names the address", () => {
  const problem = problemFrom(502, "<html>", "/api/v1/pipelines");
  expect(problem.detail).toContain("502 to /api/v1/pipelines");
  expect(isNotSignedIn(new ProblemError(problemFrom(401, "", "/x")))).toBe(true);
});

test("a server that does not answer has no code", () => {
  expect(codeOf(new UnreachableError(new TypeError("fetch failed")))).toBeUndefined();
});
