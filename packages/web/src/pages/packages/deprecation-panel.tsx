import type { ShownVersionAnswer } from "@entrepot/core";
import { useState, type ReactElement } from "react";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { versionPath } from "./package-queries.ts";
import { useChange, type Change } from "./use-change.ts";

/** Has clients warn of a version: by its publisher if it is ours, else by who manages the registry. */
export function DeprecationPanel({ version: shown }: { version: ShownVersionAnswer }): ReactElement {
  const { registry, package: name, version, deprecated } = shown;
  const [text, setText] = useState(deprecated ?? "");
  const { mutate, isPending, error } = useChange();
  const path = versionPath({ registry, name, version });

  function change(message: string): Change {
    const done = message === "" ? `${version} is no longer deprecated.` : `${version} is deprecated.`;
    if (shown.origin === "local") {
      return { method: "PUT", path: `${path}/deprecation`, body: { message }, done };
    }
    if (message === "") return { method: "DELETE", path: `${path}/status?status=deprecated`, done };
    return { method: "PUT", path: `${path}/status`, body: { status: "deprecated", reason: message }, done };
  }
  const send = (message: string): void => mutate({ ...change(message), undo: change(deprecated ?? "") });

  return (
    <Panel title="Deprecation">
      <form
        className="grid max-w-xl gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          send(text.trim());
        }}
      >
        <TextField
          label="Warning"
          hint={`Clients print it when they install ${version}.`}
          maxLength={500}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <ProblemText problem={error} />
        <div className="flex gap-2">
          <Button type="submit" isBusy={isPending} disabled={text.trim() === ""}>
            Deprecate {version}
          </Button>
          {deprecated !== null && (
            <Button
              disabled={isPending}
              onClick={() => {
                setText("");
                send("");
              }}
            >
              Take it back
            </Button>
          )}
        </div>
      </form>
    </Panel>
  );
}
