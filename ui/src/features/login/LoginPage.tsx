import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useContext, useState } from "react";
import { messageOf } from "../../api/problem";
import { server } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Button, buttonClass } from "../../design/Button";
import { Field } from "../../design/Field";
import { Notice } from "../../design/Page";
import { LiveContext } from "../../live/use-live";
import { Card } from "./Card";
import styles from "./Card.module.css";
import { destination, refusedBecause, signIn, throughGitHub } from "./session";

export function LoginPage() {
  const { next, refused } = useSearch({ from: "/login" });
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
  const told = useQuery(server).data;
  const first = told?.needs_first_start;
  useTitle("Sign in");
  return (
    <Card title="Sign in to Tidegate" onSubmit={() => send.mutate()}>
      {send.isError && <Notice tone="bad">{messageOf(send.error)}</Notice>}
      {refused !== undefined && send.isIdle && <Notice tone="bad">{refusedBecause(refused)}</Notice>}
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
      {told?.sign_in?.includes("github") && (
        <>
          <p className={styles.or}>or</p>
          <a
            className={buttonClass()}
            href="/api/v1/session/github"
            onClick={(event) => {
              event.currentTarget.href = throughGitHub(next);
            }}
          >
            Sign in with GitHub
          </a>
        </>
      )}
      {first && (
        <Notice tone="wait">
          Nobody can sign in yet. Open the link that the server printed when it started: it makes the first admin.
        </Notice>
      )}
    </Card>
  );
}
