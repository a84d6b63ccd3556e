import { type ReactNode, useId, useState } from "react";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Field, TextField } from "../../design/Field";
import { Notice } from "../../design/Page";
import { refusal } from "./refusal";

type Props = {
  title: ReactNode;
  /** What the button says: the verb and its object. */
  verb: string;
  danger?: boolean;
  reason?: "required" | "optional" | "none";
  reasonLabel?: string;
  /** For acts on all of a pipeline: its name has to be typed. */
  typed?: string | undefined;
  disabled?: boolean;
  wide?: boolean;
  act: { isPending: boolean; error: unknown; isSuccess: boolean };
  onSubmit: (reason: string) => void;
  onClose: () => void;
  children?: ReactNode;
};

/** The frame of every act: what it does, why (a reason), how sure (a typed name), and what the server said. */
export function ActForm({
  title,
  verb,
  danger = false,
  reason = "required",
  reasonLabel = "Reason",
  typed,
  disabled = false,
  wide = false,
  act,
  onSubmit,
  onClose,
  children,
}: Props) {
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const id = useId();
  const complete = (reason !== "required" || text.trim() !== "") && (typed === undefined || name === typed);
  return (
    <Dialog
      title={title}
      onClose={onClose}
      wide={wide}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={id} look={danger ? "danger" : "primary"} sending={act.isPending} disabled={disabled || !complete}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id={id}
        style={{ display: "contents" }}
        onSubmit={(event) => {
          event.preventDefault();
          if (complete && !disabled && !act.isPending) onSubmit(text.trim());
        }}
      >
        {children}
        {reason !== "none" && (
          <TextField
            label={reason === "required" ? reasonLabel : `${reasonLabel} (optional)`}
            required={reason === "required"}
            value={text}
            maxLength={2_000}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) event.currentTarget.form?.requestSubmit();
            }}
          />
        )}
        {typed !== undefined && (
          <Field
            label={
              <>
                Type <code>{typed}</code> to confirm
              </>
            }
            autoComplete="off"
            spellCheck={false}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
        {act.error != null && <Notice tone="bad">{refusal(act.error)}</Notice>}
      </form>
    </Dialog>
  );
}
