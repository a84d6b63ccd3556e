import { Glyph } from "../design/glyphs";
import styles from "./Header.module.css";
import { showOverlay } from "./overlay";

export function PaletteButton() {
  return (
    <button type="button" className={styles.palette} onClick={() => showOverlay("palette")}>
      <Glyph name="search" size={14} />
      <span>Find commit, target, release</span>
      <kbd>Ctrl K</kbd>
    </button>
  );
}
