import { type ButtonHTMLAttributes, forwardRef } from "react";
import styles from "./Button.module.css";

export type ButtonLook = "plain" | "soft" | "primary" | "danger" | "quiet";

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className"> & {
  look?: ButtonLook;
  small?: boolean;
  /** The request is on its way: the button says so and cannot be pressed again. */
  sending?: boolean;
};

export const Button = forwardRef<HTMLButtonElement, Props>(function Button(
  { look = "plain", small = false, sending = false, disabled, children, type = "button", ...rest },
  ref,
) {
  return (
    <button
      ref={ref}
      type={type}
      className={buttonClass(look, small)}
      disabled={disabled || sending}
      aria-busy={sending || undefined}
      {...rest}
    >
      {sending ? "Sending…" : children}
    </button>
  );
});

/** The same look for a link: `<Link className={buttonClass("soft")}>`. */
export function buttonClass(look: ButtonLook = "plain", small = false): string {
  return [styles.button, styles[look], small ? styles.small : ""].filter(Boolean).join(" ");
}
