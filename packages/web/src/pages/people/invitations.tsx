import type { InvitationAnswer, SentInvitationAnswer } from "@entrepot/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Badge, type Tone } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { SecretOnce } from "../../components/secret-once.tsx";
import { EmptyState, ProblemText } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { useToast } from "../../components/toasts.tsx";
import { invitationsQuery } from "./people-queries.ts";

const TONES: Readonly<Record<InvitationAnswer["state"], Tone>> = {
  open: "accent",
  accepted: "good",
  expired: "neutral",
  revoked: "neutral",
};

const COLUMNS: readonly Column<InvitationAnswer>[] = [
  {
    heading: "For",
    cell: ({ email, acceptedBy }) => (
      <span className="[overflow-wrap:anywhere]">{acceptedBy ?? email ?? "whoever has the link"}</span>
    ),
  },
  { heading: "Role", isMinor: true, cell: ({ role }) => role },
  { heading: "State", cell: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge> },
  { heading: "By", isMinor: true, cell: ({ createdBy }) => createdBy },
  { heading: "Good until", isMinor: true, cell: ({ expiresAt }) => <Time at={expiresAt} /> },
];

/** Invitations, with what can be done about those that wait. */
export function Invitations(): ReactElement {
  const client = useQueryClient();
  const tell = useToast();
  const [sent, setSent] = useState<SentInvitationAnswer | null>(null);
  const refresh = (): Promise<void> =>
    client.invalidateQueries({ queryKey: invitationsQuery().queryKey.slice(0, 2) });
  const resending = useMutation({
    mutationFn: (id: string) =>
      api.call<SentInvitationAnswer>(`/invitations/${id}/resend`, { method: "POST", body: {} }),
    async onSuccess(answer) {
      setSent(answer);
      await refresh();
    },
  });
  const revoking = useMutation({
    mutationFn: (id: string) => api.call(`/invitations/${id}`, { method: "DELETE" }),
    async onSuccess() {
      await refresh();
      tell("The invitation opens nothing any more.");
    },
  });
  const actions: Column<InvitationAnswer> = {
    heading: "Action",
    cell: ({ id, state, email }) =>
      state === "open" ? (
        <span className="-my-1.5 flex flex-wrap">
          <Button look="quiet" onClick={() => resending.mutate(id)}>
            New link<span className="sr-only"> for {email ?? "the invitation"}</span>
          </Button>
          <Button look="quiet" onClick={() => revoking.mutate(id)}>
            Revoke<span className="sr-only"> the invitation of {email ?? "whoever has the link"}</span>
          </Button>
        </span>
      ) : null,
  };
  return (
    <Panel title="Invitations" isFlush>
      {sent !== null && (
        <div className="px-4 py-3">
          <SentInvitation invitation={sent} />
        </div>
      )}
      <ProblemText problem={resending.error ?? revoking.error} />
      <PagedTable
        list={useInfiniteQuery(invitationsQuery())}
        label="Invitations"
        columns={[...COLUMNS, actions]}
        keyOf={({ id }) => id}
        empty={
          <EmptyState title="No invitation waits">
            An invitation is a link with which somebody chooses a name and a password of their own.
          </EmptyState>
        }
      />
    </Panel>
  );
}

/** What opens an invitation, this once. */
export function SentInvitation({ invitation }: { invitation: SentInvitationAnswer }): ReactElement {
  const { url, code, email, mailed } = invitation;
  return (
    <SecretOnce
      secret={url ?? code}
      label={url === null ? "Code of the invitation" : "Link of the invitation"}
    >
      {mailed
        ? `A mail is on its way to ${email ?? "them"}. The link, should it be lost:`
        : "Give them this link; it is shown this once and is good once."}
    </SecretOnce>
  );
}
