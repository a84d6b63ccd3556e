import { type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes, useId } from "react";
import styles from "./Field.module.css";

type Shared = { label: ReactNode; hint?: ReactNode; error?: ReactNode };

/** A labelled input with its hint and its error, tied together for whoever cannot see that. */
export function Field({ label, hint, error, ...input }: Shared & Omit<InputHTMLAttributes<HTMLInputElement>, "className" | "id">) {
  return (
    <Frame label={label} hint={hint} error={error}>
      {(ids) => <input className={styles.input} {...ids} {...input} />}
    </Frame>
  );
}

export function TextField({
  label,
  hint,
  error,
  ...input
}: Shared & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "className" | "id">) {
  return (
    <Frame label={label} hint={hint} error={error}>
      {(ids) => <textarea className={`${styles.input} ${styles.area}`} rows={2} {...ids} {...input} />}
    </Frame>
  );
}

export function SelectField({
  label,
  hint,
  error,
  value,
  onChange,
  options,
  disabled = false,
}: Shared & {
  value: string;
  onChange: (value: string) => void;
  options: readonly { value: string; text: string; disabled?: boolean }[];
  disabled?: boolean;
}) {
  return (
    <Frame label={label} hint={hint} error={error}>
      {(ids) => (
        <select className={styles.input} {...ids} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled ?? false}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

type Ids = { id: string; "aria-describedby": string | undefined; "aria-invalid": true | undefined };

function Frame({ label, hint, error, children }: Shared & { children: (ids: Ids) => ReactNode }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": described, "aria-invalid": error ? true : undefined })}
      {hint && (
        <p className={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className={styles.error} id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
