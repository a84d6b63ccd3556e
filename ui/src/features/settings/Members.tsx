import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../../api/client";
import { messageOf } from "../../api/problem";
import { type Role, roles } from "../../api/roles";
import { useMe } from "../../app/access";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Field, SelectField } from "../../design/Field";
import { Loaded, Notice } from "../../design/Page";
import { Chip } from "../../design/Status";
import table from "../../design/Table.module.css";
import { Time } from "../../design/Time";
import styles from "./settings.module.css";
import { passwordProblem } from "./tokens";

type User = Schemas["User"];
const key = ["users"];

/** Who may sign in, and as what. For admins. */
export function Members() {
  const query = useQuery({ queryKey: key, queryFn: async ({ signal }) => body(await api.GET("/api/v1/users", { signal })) });
  const [editing, setEditing] = useState<User | "new" | null>(null);
  return (
    <>
      <div className={styles.bar}>
        <p className="c-2">Each role may do all that those before it may: {roles.join(", ")}.</p>
        <span className="grow" />
        <Button look="primary" onClick={() => setEditing("new")}>
          New member…
        </Button>
      </div>
      <Loaded query={query}>
        {({ items }) => (
          <div className={table.frame}>
            <table className={table.table}>
              <caption className="visually-hidden">Members</caption>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Role</th>
                  <th scope="col">Groups</th>
                  <th scope="col">Since</th>
                  <th scope="col">
                    <span className="visually-hidden">Acts</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map((user) => (
                  <tr key={user.id}>
                    <td>
                      <b>{user.name}</b> {user.disabled_at != null && <Chip look={{ tone: "idle" }}>disabled</Chip>}
                    </td>
                    <td>{user.role}</td>
                    <td>{user.groups.join(", ")}</td>
                    <td className={table.nowrap}>
                      <Time at={user.created_at} />
                    </td>
                    <td className={table.right}>
                      <Button look="soft" small onClick={() => setEditing(user)}>
                        Change…
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      {editing !== null && <Member user={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
    </>
  );
}

function Member({ user, onClose }: { user: User | null; onClose: () => void }) {
  const client = useQueryClient();
  const me = useMe();
  const [name, setName] = useState(user?.name ?? "");
  const [role, setRole] = useState<string>(user?.role ?? "developer");
  const [groups, setGroups] = useState(user?.groups.join(", ") ?? "");
  const [password, setPassword] = useState("");
  const [disabled, setDisabled] = useState(user?.disabled_at != null);
  const problem = passwordProblem(password);
  const save = useMutation({
    mutationFn: async () => {
      const shared = {
        role: role as Role,
        groups: groups
          .split(",")
          .map((each) => each.trim())
          .filter(Boolean),
      };
      if (user === null) return body(await api.POST("/api/v1/users", { body: { name: name.trim(), password, ...shared } }));
      const change = { ...shared, disabled, ...(password === "" ? {} : { password }) };
      return body(await api.PATCH("/api/v1/users/{id}", { params: { path: { id: user.id } }, body: change }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: key });
      onClose();
    },
  });
  const isReady = problem === undefined && (user !== null || (name.trim() !== "" && password !== ""));
  return (
    <Dialog
      title={user === null ? "New member" : `Change ${user.name}`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" onClick={() => save.mutate()} sending={save.isPending} disabled={!isReady}>
            {user === null ? "Add the member" : `Change ${user.name}`}
          </Button>
        </>
      }
    >
      {save.isError && <Notice tone="bad">{messageOf(save.error)}</Notice>}
      {user === null && <Field label="Name" autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />}
      <SelectField label="Role" value={role} onChange={setRole} options={roles.map((each) => ({ value: each, text: each }))} />
      <Field
        label="Groups"
        hint="Separated by commas; gates name them."
        value={groups}
        onChange={(event) => setGroups(event.target.value)}
      />
      <Field
        label={user === null ? "Password" : "New password"}
        hint={user === null ? "Hand it over safely." : "Left empty, it stays as it is."}
        error={problem}
        type="password"
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {user !== null && user.id !== me?.id && (
        <label className={styles.option}>
          <input type="checkbox" checked={disabled} onChange={(event) => setDisabled(event.target.checked)} />
          Disabled: cannot sign in, and personal tokens are refused
        </label>
      )}
    </Dialog>
  );
}
