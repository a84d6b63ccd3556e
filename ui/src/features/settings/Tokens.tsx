import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { messageOf } from "../../api/problem";
import { useMay, useMe } from "../../app/access";
import { Button } from "../../design/Button";
import { useNow } from "../../design/clock";
import { Dialog } from "../../design/Dialog";
import { Field, SelectField } from "../../design/Field";
import { EmptyState, Loaded, Notice } from "../../design/Page";
import { Secret } from "../../design/Secret";
import { Chip } from "../../design/Status";
import type { Tone } from "../../design/state";
import table from "../../design/Table.module.css";
import { Time } from "../../design/Time";
import styles from "./settings.module.css";
import { DAY_MS, lifetimes, rolesUpTo, sorted, type Token, type TokenState, tokenState } from "./tokens";

const key = ["tokens"];
const tones: Record<TokenState, Tone> = { valid: "ok", expired: "wait", revoked: "idle" };

/** Keys for programs. The secret is shown once. */
export function Tokens() {
  const query = useQuery({ queryKey: key, queryFn: async ({ signal }) => body(await api.GET("/api/v1/tokens", { signal })) });
  const now = useNow();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  return (
    <>
      <div className={styles.bar}>
        <p className="c-2">Tokens let programs do what you may do, or less.</p>
        <span className="grow" />
        <Button look="primary" onClick={() => setMaking(true)}>
          New token…
        </Button>
      </div>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState glyph="link" title="No tokens yet">
              <p>The command line makes one when you sign in; programs get theirs here.</p>
            </EmptyState>
          ) : (
            <div className={table.frame}>
              <table className={table.table}>
                <caption className="visually-hidden">API tokens</caption>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">State</th>
                    <th scope="col">Role</th>
                    <th scope="col">Created</th>
                    <th scope="col">Last used</th>
                    <th scope="col">Ends</th>
                    <th scope="col">
                      <span className="visually-hidden">Acts</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {sorted(items, now).map((token) => {
                    const state = tokenState(token, now);
                    return (
                      <tr key={token.id}>
                        <td>
                          <b>{token.name}</b>
                          {!token.is_personal && <span className="c-3"> service</span>}
                        </td>
                        <td>
                          <Chip look={{ tone: tones[state] }}>{state}</Chip>
                        </td>
                        <td>{token.role}</td>
                        <td className={table.nowrap}>
                          <Time at={token.created_at} />
                        </td>
                        <td className={table.nowrap}>{token.last_used_at == null ? "never" : <Time at={token.last_used_at} />}</td>
                        <td className={table.nowrap}>{token.expires_at == null ? "never" : <Time at={token.expires_at} />}</td>
                        <td className={table.right}>
                          {state === "valid" && (
                            <Button look="danger" small onClick={() => setRevoking(token)}>
                              Revoke…
                            </Button>
                          )}
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
      {making && <NewToken onClose={() => setMaking(false)} />}
      {revoking && <RevokeToken token={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

function NewToken({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const me = useMe();
  const maySpeakForServices = useMay("users");
  const allowed = rolesUpTo(me?.role ?? "viewer");
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>(allowed.at(-1) ?? "viewer");
  const [days, setDays] = useState("30");
  const [isService, setIsService] = useState(false);
  const make = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/tokens", {
          body: {
            name: name.trim(),
            role: allowed.find((each) => each === role) ?? "viewer",
            valid_ms: Number(days) * DAY_MS,
            ...(isService ? { is_service: true } : {}),
          },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
  return (
    <Dialog
      title="New token"
      onClose={onClose}
      footer={
        make.data === undefined ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" onClick={() => make.mutate()} sending={make.isPending} disabled={name.trim() === ""}>
              Make the token
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        )
      }
    >
      {make.isError && <Notice tone="bad">{messageOf(make.error)}</Notice>}
      {make.data === undefined ? (
        <>
          <Field label="Name" hint="What will use it." value={name} onChange={(event) => setName(event.target.value)} autoFocus />
          <SelectField label="Role" value={role} onChange={setRole} options={allowed.map((each) => ({ value: each, text: each }))} />
          <SelectField label="Valid for" value={days} onChange={setDays} options={lifetimes} />
          {maySpeakForServices && (
            <label className={styles.option}>
              <input type="checkbox" checked={isService} onChange={(event) => setIsService(event.target.checked)} />A service's own, not
              yours: it lives on when you leave, and cannot approve
            </label>
          )}
        </>
      ) : (
        <>
          <p>Copy it now: it is not shown again.</p>
          <Secret label={make.data.name} text={make.data.secret} />
        </>
      )}
    </Dialog>
  );
}

function RevokeToken({ token, onClose }: { token: Token; onClose: () => void }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.DELETE("/api/v1/tokens/{id}", { params: { path: { id: token.id } } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: key });
      onClose();
    },
  });
  return (
    <Dialog
      title={`Revoke ${token.name}`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" onClick={() => revoke.mutate()} sending={revoke.isPending}>
            Revoke {token.name}
          </Button>
        </>
      }
    >
      {revoke.isError && <Notice tone="bad">{messageOf(revoke.error)}</Notice>}
      <p>Whatever uses it is refused from now on. This cannot be undone.</p>
    </Dialog>
  );
}
