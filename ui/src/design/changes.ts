export type Change = { sign: "+" | "-" | "~" | " "; text: string };

/** The difference as the command line prints it, line by line, with what each line means. */
export function changeLines(text: string): Change[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const sign = /^\s*([+\-~])/.exec(line)?.[1];
      return { sign: sign === "+" || sign === "-" || sign === "~" ? sign : " ", text: line };
    });
}
