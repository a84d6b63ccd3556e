import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useContext, useState } from "react";
import { messageOf } from "../../api/problem";
import { server } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Button } from "../../design/Button";
import { Field } from "../../design/Field";
import { Notice } from "../../design/Page";
import { LiveContext } from "../../live/use-live";
import { Card } from "./Card";
import { destination, signIn } from "./session";

export function LoginPage() {
  const { next } = useSearch({ from: "/login" });
  const router = useRouter();
  const client = useQueryClient();
  const live = useContext(LiveContext);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const send = useMutation({
    mutationFn: () => signIn(client, { name: name.trim(), password }),
    onSuccess: () => {
      live?.tell({ kind: "restart" });
      router.history.push(destination(next));
    },
    onError: () => setPassword(""),
  });
  const first = useQuery(server).data?.needs_first_start;
  useTitle("Sign in");
  return (
    <Card title="Sign in to Tidegate" onSubmit={() => send.mutate()}>
      {send.isError && <Notice tone="bad">{messageOf(send.error)}</Notice>}
      <Field label="Name" name="username" autoComplete="username" required value={name} onChange={(event) => setName(event.target.value)} />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" look="primary" sending={send.isPending}>
        Sign in
      </Button>
      {first && (
        <Notice tone="wait">
          Nobody can sign in yet. Open the link that the server printed when it started: it makes the first admin.
        </Notice>
      )}
    </Card>
  );
}
