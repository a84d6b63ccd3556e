import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { connectCommand, standing } from "./github";

const github: Schemas["GitHubView"] = {
  url: "https://github.com",
  acts_as: "nobody",
  signs_in: false,
  takes_web_hooks: false,
  approves_at_checks: false,
};

test("what the server is at GitHub is a word and a sentence", () => {
  expect(standing(github).look.word).toBe("not connected");
  expect(standing({ ...github, acts_as: "token" }).text).toContain("no checks");
  expect(standing({ ...github, acts_as: "app", app_id: "17" }).text).toContain("App 17");
});

test("the command names the server's address, and GitHub's when it is another", () => {
  const view = { public_url: "https://deploy.example.org", github, sources: [] };
  expect(connectCommand(view)).toBe("tidegate github connect --public-url https://deploy.example.org");
  expect(connectCommand({ ...view, github: { ...github, url: "https://ghe.example.org" } })).toContain(" --url https://ghe.example.org");
});
