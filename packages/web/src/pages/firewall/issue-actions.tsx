import type { ShownFindingAnswer } from "@entrepot/core";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { registryPath } from "../registries/registry-queries.ts";
import { versionPath } from "./firewall-queries.ts";
import { ReasonDialog } from "./reason-dialog.tsx";
import { useChange } from "./use-change.ts";

type Verb = "release" | "discard" | "close";

/** Words of a dialog that asks. */
interface Words {
  verb: string;
  label: string;
  what: string;
  said: string;
}

const RELEASE_DAYS = 30;

const WORDS: Readonly<Record<Verb, Words>> = {
  release: {
    verb: "Release",
    label: "Reason",
    what: `It passes for ${RELEASE_DAYS} days by an exception, which can be revoked at any time. Known malware needs a second person.`,
    said: "is released",
  },
  discard: {
    verb: "Discard",
    label: "Reason",
    what: "What is kept of it here is deleted, and it is blocked. The block can be taken back; then it is fetched anew.",
    said: "is discarded and blocked",
  },
  close: {
    verb: "Close",
    label: "What you found",
    what: "It stays as it is, and is no longer asked about unless something changes.",
    said: "is closed",
  },
};

/** What can be decided on an open issue. */
export function IssueActions(props: { finding: ShownFindingAnswer; registry: string }): ReactElement {
  const { finding, registry } = props;
  const [asked, setAsked] = useState<Verb | null>(null);
  const { package: name, version, mode } = finding;
  const what = `${name}@${version}`;
  const deciding = useChange({
    run: async ({ verb, reason }: { verb: Verb; reason: string }) => {
      await send(verb, { finding, registry, reason });
      // What is discarded needs nobody's look any more.
      if (verb === "discard") await send("close", { finding, registry, reason: `Discarded: ${reason}` });
    },
    said: (_done, { verb }) => `${what} ${WORDS[verb].said}.`,
    onDone: () => setAsked(null),
  });
  const verbs: readonly Verb[] = mode === "enforce" ? ["release", "discard", "close"] : ["discard", "close"];
  return (
    <Panel title="Decide">
      <div className="flex flex-wrap gap-2">
        {verbs.map((verb) => (
          <Button
            key={verb}
            look={verb === "discard" ? "danger" : "plain"}
            onClick={() => {
              deciding.reset();
              setAsked(verb);
            }}
          >
            {WORDS[verb].verb}
          </Button>
        ))}
      </div>
      {asked !== null && (
        <ReasonDialog
          title={`${WORDS[asked].verb} ${what}?`}
          verb={WORDS[asked].verb}
          label={WORDS[asked].label}
          look={asked === "discard" ? "danger" : "primary"}
          isRequired
          {...(asked === "discard" ? { typed: what } : {})}
          isBusy={deciding.isPending}
          problem={deciding.error}
          onClose={() => setAsked(null)}
          onConfirm={(reason) => deciding.mutate({ verb: asked, reason })}
        >
          <p>{WORDS[asked].what}</p>
        </ReasonDialog>
      )}
    </Panel>
  );
}

async function send(
  verb: Verb,
  input: { finding: ShownFindingAnswer; registry: string; reason: string },
): Promise<unknown> {
  const { finding, registry, reason } = input;
  const { id, package: name, version } = finding;
  if (verb === "close") {
    const path = `${registryPath(registry)}/findings/${encodeURIComponent(id)}/close`;
    return await api.call(path, { method: "POST", body: { note: reason } });
  }
  const body = verb === "release" ? { reason, days: RELEASE_DAYS } : { reason };
  return await api.call(`${versionPath({ registry, name, version })}/${verb}`, { method: "POST", body });
}
