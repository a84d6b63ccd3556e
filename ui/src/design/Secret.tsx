import { useId, useState } from "react";
import { Button } from "./Button";
import styles from "./Secret.module.css";

/** A text to be taken away, such as a token that is shown once. */
export function Secret({ label, text }: { label: string; text: string }) {
  const id = useId();
  const [copied, setCopied] = useState(false);
  return (
    <div className={styles.secret}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.row}>
        <input id={id} className={`mono ${styles.text}`} readOnly value={text} onFocus={(event) => event.currentTarget.select()} />
        <Button
          onClick={() =>
            void navigator.clipboard
              ?.writeText(text)
              .then(() => setCopied(true))
              .catch(() => setCopied(false))
          }
        >
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
    </div>
  );
}
