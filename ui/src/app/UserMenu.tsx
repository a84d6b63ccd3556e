import { useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { useContext } from "react";
import { type Appearance, setAppearance, useAppearance } from "../design/appearance";
import menu from "../design/Menu.module.css";
import { signOut } from "../features/login/session";
import { LiveContext } from "../live/use-live";
import { useMe } from "./access";

const themes: readonly { value: Appearance["theme"]; text: string }[] = [
  { value: "system", text: "As the system" },
  { value: "light", text: "Light" },
  { value: "dark", text: "Dark" },
];

/** Who is signed in, the theme, and the way out. Loaded when it is first opened. */
export function UserMenu({ onClose, trigger }: { onClose: () => void; trigger: React.ReactNode }) {
  const me = useMe();
  const router = useRouter();
  const client = useQueryClient();
  const live = useContext(LiveContext);
  const { theme } = useAppearance();
  const leave = async () => {
    await signOut(client);
    live?.tell({ kind: "restart" });
    await router.navigate({ to: "/login", search: {} });
  };
  return (
    // A modal one would write a style element into the page, which the content security policy refuses.
    <DropdownMenu.Root defaultOpen modal={false} onOpenChange={(open) => open || onClose()}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={menu.menu} side="right" align="end" sideOffset={8}>
          <DropdownMenu.Label className={menu.label}>
            {me?.name}
            <span className="c-3"> · {me?.role}</span>
          </DropdownMenu.Label>
          <DropdownMenu.Separator className={menu.line} />
          <DropdownMenu.RadioGroup value={theme} onValueChange={(value) => setAppearance({ theme: value as Appearance["theme"] })}>
            {themes.map(({ value, text }) => (
              <DropdownMenu.RadioItem key={value} value={value} className={menu.item}>
                {text}
                <DropdownMenu.ItemIndicator className={menu.mark}>✓</DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className={menu.line} />
          <DropdownMenu.Item className={menu.item} asChild>
            <Link to="/settings">Settings</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={menu.item} onSelect={() => void leave()}>
            Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
