import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./Menu.module.css";

export type MenuItem = { text: string; act: () => void };

/** An open menu below its trigger. Not modal: what would lock the page's scrolling puts a style into it, which our policy refuses. */
export function Menu({ trigger, items, onClose }: { trigger: ReactNode; items: readonly MenuItem[]; onClose: () => void }) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen onOpenChange={(open) => open || onClose()}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} align="end" sideOffset={4}>
          {items.map((item) => (
            <DropdownMenu.Item key={item.text} className={styles.item} onSelect={item.act}>
              {item.text}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
