import type { ReactNode } from "react";
import { Glyph } from "../../design/glyphs";
import styles from "./Card.module.css";

export function Card({ title, onSubmit, children }: { title: string; onSubmit: () => void; children: ReactNode }) {
  return (
    <main className={styles.page}>
      <form
        className={styles.card}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Glyph name="pipelines" size={28} />
        <h1>{title}</h1>
        {children}
      </form>
    </main>
  );
}
