import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { answered, connectCommand, failures, hearsNothing, lacking, notMadeBecause, standing } from "./github";

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

test("a server that GitHub cannot reach is said, before its App is made without web hooks", () => {
  const at = (public_url: string, url = "https://github.com") => hearsNothing({ public_url, github: { ...github, url }, sources: [] });
  for (const here of ["http://127.0.0.1:7070", "http://localhost:7070", "http://[::1]:7070", "http://0.0.0.0"])
    expect(at(here), here).toBe(true);
  expect(at("https://deploy.example.org")).toBe(false);
  expect(at("http://127.0.0.1:7070", "http://localhost:3000")).toBe(false);
});

test("why no App was made says what to do, and nothing of what the address brought along", () => {
  expect(notMadeBecause("not_kept")).toContain("Delete the App");
  expect(notMadeBecause("<b>anything</b>")).toBe("No App was made. Begin again.");
});

const app: Schemas["AppView"] = {
  id: "17",
  name: "Tidegate",
  owner: "acme",
  url: "https://github.com/apps/tidegate",
  install_url: "https://github.com/apps/tidegate/installations/new",
  permissions: [{ name: "checks", granted: "write", needed: "write", is_lacking: false }],
  installations: [{ account: "acme", url: "https://github.com/x", every_repository: true, suspended: false, lacks: ["checks: write"] }],
};

test("what is lacking is the App's own first, and then what an owner holds back", () => {
  expect(lacking(app)).toEqual(["acme has not granted checks: write. Its owner accepts that on the installation's page."]);
  const permissions = [{ name: "checks", granted: "read", needed: "write", is_lacking: true }];
  expect(lacking({ ...app, permissions })).toEqual([
    "The App may do too little: it needs checks: write. Change it on the App's page below Permissions & events.",
  ]);
  expect(lacking({ ...app, installations: [] })).toEqual([]);
});

test("a web hook without an answer says what GitHub says", () => {
  const sent = { id: "d", event: "push", outcome: "failed to connect to host", status: 0, has_failed: true, is_again: false };
  expect(answered(sent)).toEqual({ glyph: "bad", tone: "bad", word: "failed to connect to host" });
  expect(answered({ ...sent, status: 202, outcome: "OK", has_failed: false }).word).toBe("202 OK");
  expect(failures([{ ...sent, has_failed: false }])).toBeUndefined();
  expect(failures([sent, { ...sent, has_failed: false }])).toContain("1 of the last 2 web hooks");
});
