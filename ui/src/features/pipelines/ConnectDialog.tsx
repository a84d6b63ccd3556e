import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, body } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { keys } from "../../api/queries";
import { Field } from "../../design/Field";
import { ActForm } from "../actions/ActForm";
import styles from "./Pipelines.module.css";

/** Connects a repository: the server reads its pipeline file and says all that is wrong with it. */
export function ConnectDialog({ onClose }: { onClose: () => void }) {
  const [repository, setRepository] = useState("");
  const [branch, setBranch] = useState("main");
  const [file, setFile] = useState("");
  const client = useQueryClient();
  const navigate = useNavigate();
  const act = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/pipelines", {
          body: { repository: repository.trim(), branch: branch.trim(), ...(file.trim() === "" ? {} : { file: file.trim() }) },
        }),
      ),
    onSuccess: async ({ pipeline }) => {
      await client.invalidateQueries({ queryKey: keys.pipelines });
      onClose();
      await navigate({ to: "/p/$pipeline", params: { pipeline } });
    },
  });
  const findings = act.error instanceof ProblemError ? (act.error.problem.diagnostics ?? []) : [];
  return (
    <ActForm
      title="Connect a repository"
      verb="Connect"
      reason="none"
      act={act}
      onClose={onClose}
      onSubmit={() => act.mutate()}
      wide={findings.length > 0}
    >
      <Field
        label="Repository"
        required
        spellCheck={false}
        placeholder="https://git.example.com/team/service.git"
        hint="An address that the server can read with git, or a path on the server's machine."
        value={repository}
        onChange={(event) => setRepository(event.target.value)}
      />
      <Field label="Branch" required spellCheck={false} value={branch} onChange={(event) => setBranch(event.target.value)} />
      <Field
        label="Pipeline file (optional)"
        spellCheck={false}
        placeholder=".tidegate/pipeline.yaml"
        value={file}
        onChange={(event) => setFile(event.target.value)}
      />
      {findings.length > 0 && (
        <ul className={styles.findings}>
          {findings.map((finding) => (
            <li key={JSON.stringify(finding)}>{String(finding.message ?? JSON.stringify(finding))}</li>
          ))}
        </ul>
      )}
    </ActForm>
  );
}
