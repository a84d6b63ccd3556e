import { type Change, changeLines } from "./changes";
import { Text } from "./Text";

const tones: Record<Change["sign"], string> = { "+": "c-ok", "-": "c-bad", "~": "c-wait", " ": "" };

/** A difference as the command line prints it, each line in the colour of what it means. */
export function Changes({ label, text }: { label: string; text: string }) {
  return (
    <Text label={label}>
      {changeLines(text).map((line) => (
        <span key={line.text} className={tones[line.sign]}>
          {line.text}
          {"\n"}
        </span>
      ))}
    </Text>
  );
}
