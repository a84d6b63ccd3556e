import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useRouter, useSearch } from "@tanstack/react-router";
import { useContext, useState } from "react";
import { codeOf, messageOf } from "../../api/problem";
import { useTitle } from "../../app/title";
import { Button } from "../../design/Button";
import { Field } from "../../design/Field";
import { Notice } from "../../design/Page";
import { LiveContext } from "../../live/use-live";
import { Card } from "./Card";
import { firstStart } from "./session";

/** Where the link leads that the server prints as long as nobody can sign in. */
export function FirstStartPage() {
  const { token: inQuery } = useSearch({ from: "/first-start" });
  // The server prints it behind a `#`, so that it reaches no log of a proxy in between.
  const { hash } = useLocation();
  const given = inQuery ?? (hash === "" ? undefined : hash.replace(/^token=/, ""));
  const router = useRouter();
  const client = useQueryClient();
  const live = useContext(LiveContext);
  const [token, setToken] = useState(given ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const send = useMutation({
    mutationFn: () => firstStart(client, { token: token.trim(), name: name.trim(), password }),
    onSuccess: () => {
      live?.tell({ kind: "restart" });
      router.history.push("/");
    },
  });
  useTitle("First start");
  return (
    <Card title="Make the first admin" onSubmit={() => send.mutate()}>
      <p className="c-2">Nobody can sign in to this server yet. Whoever holds the link that it printed makes the first account, once.</p>
      {send.isError && (
        <Notice tone="bad">
          {messageOf(send.error)}
          {codeOf(send.error) === "link_used" && " Start the server again to get a new link, or sign in if an admin exists already."}
        </Notice>
      )}
      {given === undefined && <Field label="Token of the link" required value={token} onChange={(event) => setToken(event.target.value)} />}
      <Field
        label="Your name"
        name="username"
        autoComplete="username"
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        required
        hint="At least 12 characters."
        minLength={12}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" look="primary" sending={send.isPending}>
        Make my account
      </Button>
    </Card>
  );
}
