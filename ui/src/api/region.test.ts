import { expect, test } from "vitest";
import { regionCode } from "./region";

test.each([
  ["us-west-1", "usw1"],
  ["ap-northeast-3", "apne3"],
  ["eu-central-1/cell-2", "euc1/cell-2"],
  ["us-gov-west-1", "usgw1"],
  ["local/a", "local/a"],
  ["my-app-1", "my-app-1"],
])("%s is %s", (name, code) => expect(regionCode(name)).toBe(code));
