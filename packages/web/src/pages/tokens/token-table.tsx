import type { CreatedTokenAnswer, TokenAnswer } from "@entrepot/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ConfirmDialog } from "../../components/dialog.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { SecretOnce } from "../../components/secret-once.tsx";
import { Time } from "../../components/time.tsx";
import { useToast } from "../../components/toasts.tsx";
import { tokensQuery, type TokenPlace } from "./token-queries.ts";
import { limitWords } from "./token-words.ts";

const NAME: Column<TokenAnswer> = {
  heading: "Name",
  cell: ({ name, kind, hint, description }) => (
    <span className="grid gap-0.5">
      <span className="flex flex-wrap items-center gap-1.5">
        <span className="font-medium [overflow-wrap:anywhere]">{name}</span>
        <Badge tone={kind === "feed" || kind === "system" ? "accent" : "neutral"}>{kind}</Badge>
        <code className="text-soft">…{hint}</code>
      </span>
      {description !== "" && <span className="text-soft">{description}</span>}
    </span>
  ),
};

const WHOSE: Column<TokenAnswer> = {
  heading: "Of",
  isMinor: true,
  cell: ({ user }) => user ?? <span className="text-faint">nobody</span>,
};

const REST: readonly Column<TokenAnswer>[] = [
  {
    heading: "What for",
    isMinor: true,
    cell: (token) => <span className="[overflow-wrap:anywhere]">{limitWords(token).join(" ")}</span>,
  },
  {
    heading: "Last used",
    isMinor: true,
    cell: ({ lastUsedAt }) =>
      lastUsedAt === null ? <span className="text-faint">never</span> : <Time at={lastUsedAt} />,
  },
  {
    heading: "Ends",
    cell: ({ expiresAt }) =>
      expiresAt === null ? <span className="text-soft">never</span> : <Time at={expiresAt} />,
  },
];

interface Asked {
  token: TokenAnswer;
  deed: "rotate" | "revoke";
}

/** Tokens in words, with what can be done about each. */
export function TokenTable({ where, empty }: { where: TokenPlace; empty: ReactNode }): ReactElement {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [made, setMade] = useState<CreatedTokenAnswer | null>(null);
  const action: Column<TokenAnswer> = {
    heading: "Action",
    cell: (token) => (
      <span className="-my-1.5 flex flex-wrap">
        {(where === "/tokens" || token.kind === "feed" || token.kind === "system") && (
          <Button look="quiet" onClick={() => setAsked({ token, deed: "rotate" })}>
            Rotate<span className="sr-only"> {token.name}</span>
          </Button>
        )}
        <Button look="quiet" onClick={() => setAsked({ token, deed: "revoke" })}>
          Revoke<span className="sr-only"> {token.name}</span>
        </Button>
      </span>
    ),
  };
  return (
    <>
      {made !== null && (
        <div className="px-4 py-3">
          <SecretOnce secret={made.token} label={`Token ${made.name}`}>
            This is the new value of {made.name}, shown this once. The old one goes on for an hour.
          </SecretOnce>
        </div>
      )}
      <PagedTable
        list={useInfiniteQuery(tokensQuery(where))}
        label={where === "/keys" ? "Keys and tokens" : "Tokens"}
        columns={where === "/keys" ? [NAME, WHOSE, ...REST, action] : [NAME, ...REST, action]}
        keyOf={({ id }) => id}
        empty={empty}
      />
      {asked !== null && (
        <DeedDialog where={where} asked={asked} onClose={() => setAsked(null)} onRotated={setMade} />
      )}
    </>
  );
}

interface DeedDialogProps {
  where: TokenPlace;
  asked: Asked;
  onClose: () => void;
  onRotated: (token: CreatedTokenAnswer) => void;
}

function DeedDialog({ where, asked: { token, deed }, onClose, onRotated }: DeedDialogProps): ReactElement {
  const client = useQueryClient();
  const tell = useToast();
  const path = `${where}/${encodeURIComponent(token.id)}`;
  const working = useMutation({
    mutationFn: async () =>
      deed === "rotate"
        ? onRotated(await api.call<CreatedTokenAnswer>(`${path}/rotate`, { method: "POST", body: {} }))
        : await api.call(path, { method: "DELETE" }),
    async onSuccess() {
      onClose();
      await client.invalidateQueries({ queryKey: ["tokens"] });
      tell(deed === "rotate" ? `${token.name} has a new value.` : `${token.name} is revoked.`);
    },
  });
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`${deed === "rotate" ? "Rotate" : "Revoke"} ${token.name}?`}
      verb={deed === "rotate" ? "Rotate" : "Revoke"}
      isBusy={working.isPending}
      problem={working.error}
      onConfirm={() => working.mutate()}
    >
      <p>
        {deed === "rotate"
          ? "It gets another value with the same rights, which is shown once. The old value goes on for an hour, so that whoever uses it can be told."
          : "Whoever uses it is refused at once, in every process. It does not come back."}
      </p>
    </ConfirmDialog>
  );
}
