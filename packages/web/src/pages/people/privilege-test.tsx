import { DEEDS, PERMISSIONS, type Permission, type PrivilegeAnswer } from "@entrepot/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { RegistryField } from "./place-fields.tsx";

interface Question {
  user: string;
  permission: Permission;
  registry: string;
  package: string;
}

const FIRST: Question = { user: "", permission: "download", registry: "", package: "" };

/** Asks whether somebody may do something, and what decided. */
export function PrivilegeTest(): ReactElement {
  const [question, setQuestion] = useState(FIRST);
  const set = (part: Partial<Question>): void => setQuestion({ ...question, ...part });
  const asking = useMutation({
    mutationFn: () =>
      api.call<PrivilegeAnswer>("/privileges/test", {
        method: "POST",
        body: {
          user: question.user.trim() || null,
          permission: question.permission,
          registry: question.registry || null,
          package: question.package.trim() || null,
        },
      }),
  });
  return (
    <Panel title="Test privileges">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          asking.mutate();
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
          <TextField
            label="User"
            placeholder="nobody who is signed in"
            autoComplete="off"
            spellCheck={false}
            value={question.user}
            onChange={(event) => set({ user: event.target.value })}
          />
          <SelectField
            label="May they"
            value={question.permission}
            onChange={(event) => set({ permission: event.target.value as Permission })}
          >
            {PERMISSIONS.map((permission) => (
              <option key={permission} value={permission}>
                {DEEDS[permission]}
              </option>
            ))}
          </SelectField>
          <RegistryField
            value={question.registry}
            every="the workspace as a whole"
            onChoose={(registry) => set({ registry })}
          />
          <TextField
            label="Package"
            placeholder="any"
            autoComplete="off"
            spellCheck={false}
            value={question.package}
            onChange={(event) => set({ package: event.target.value })}
          />
        </div>
        <ProblemText problem={asking.error} />
        <div role="status" className="empty:hidden">
          {asking.data !== undefined && <Verdict answer={asking.data} />}
        </div>
        <div>
          <Button type="submit" isBusy={asking.isPending}>
            Ask
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function Verdict({ answer: { allowed, reason } }: { answer: PrivilegeAnswer }): ReactElement {
  return (
    <p className="flex flex-wrap items-center gap-2">
      <Badge tone={allowed ? "good" : "bad"}>{allowed ? "Allowed" : "Refused"}</Badge>
      <span>{reason}</span>
    </p>
  );
}
