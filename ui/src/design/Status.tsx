import { Glyph } from "./glyphs";
import styles from "./Status.module.css";
import type { Look, Tone } from "./state";

/** A state as shape and word. */
export function Status({ look, size = 14, children }: { look: Look; size?: number; children?: React.ReactNode }) {
  return (
    <span className={`${styles.status} c-${look.tone}`}>
      <Glyph name={look.glyph} size={size} />
      <span>{children ?? look.word}</span>
    </span>
  );
}

/** A state as a small pill. */
export function Chip({ look, children }: { look: { glyph?: Look["glyph"]; tone: Tone; word?: string }; children?: React.ReactNode }) {
  return (
    <span className={`${styles.chip} ${styles[look.tone]}`}>
      {look.glyph && <Glyph name={look.glyph} size={12} />}
      <span>{children ?? look.word}</span>
    </span>
  );
}
