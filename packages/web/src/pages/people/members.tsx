import type { MemberAnswer } from "@entrepot/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { SelectField } from "../../components/field.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ProblemText } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { useToast } from "../../components/toasts.tsx";
import { AddForm } from "./add-form.tsx";
import { membersQuery, organizationPath, PEOPLE } from "./people-queries.ts";

const ROLES = ["developer", "admin", "owner"] as const;

/** Who is in an organization, and as what. */
export function Members(props: { organization: string; isManager: boolean }): ReactElement {
  const { organization, isManager } = props;
  const client = useQueryClient();
  const tell = useToast();
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>("developer");
  const pathOf = (user: string): string =>
    `${organizationPath(organization)}/members/${encodeURIComponent(user)}`;
  const refresh = (): Promise<void> =>
    client.invalidateQueries({ queryKey: [PEOPLE, "organizations", organization] });
  const putting = useMutation({
    mutationFn: (member: { user: string; role: string }) =>
      api.call(pathOf(member.user), { method: "PUT", body: { role: member.role } }),
    onSuccess: refresh,
  });
  const adding = useMutation({
    mutationFn: () => putting.mutateAsync({ user: name.trim(), role }),
    onSuccess: () => setName(""),
  });
  const removing = useMutation({
    mutationFn: ({ user }: MemberAnswer) => api.call(pathOf(user), { method: "DELETE" }),
    async onSuccess(_answer, member) {
      await refresh();
      const isBack = `${member.user} is a member again, in no team.`;
      tell(`${member.user} is no member any more, nor in its teams.`, {
        label: "Undo",
        run: () => void putting.mutateAsync(member).then(() => tell(isBack)),
      });
    },
  });
  const columns: readonly Column<MemberAnswer>[] = [
    { heading: "User", cell: ({ user }) => <span className="font-medium">{user}</span> },
    {
      heading: "Role here",
      cell: (member) => (
        <Badge tone={member.role === "developer" ? "neutral" : "accent"}>{member.role}</Badge>
      ),
    },
    { heading: "Since", isMinor: true, cell: ({ addedAt }) => <Time at={addedAt} /> },
    ...(isManager
      ? [
          {
            heading: "Action",
            cell: (member: MemberAnswer) => (
              <RemoveButton onRemove={() => removing.mutate(member)} name={member.user} />
            ),
          },
        ]
      : []),
  ];
  return (
    <Panel title="Members" isFlush>
      {isManager && (
        <AddForm
          label="Add a member"
          hint="Their user name."
          verb="Add"
          value={name}
          onChange={setName}
          work={adding}
        >
          <SelectField label="As" value={role} onChange={(event) => setRole(event.target.value)}>
            {ROLES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </SelectField>
        </AddForm>
      )}
      <ProblemText problem={removing.error} />
      <PagedTable
        list={useInfiniteQuery(membersQuery(organization))}
        label="Members"
        columns={columns}
        keyOf={({ user }) => user}
        empty={<EmptyState title="Nobody is in it">Add somebody by their user name.</EmptyState>}
      />
    </Panel>
  );
}

/** Takes somebody out of a list. */
export function RemoveButton({ name, onRemove }: { name: string; onRemove: () => void }): ReactElement {
  return (
    <Button look="quiet" className="-my-1.5" onClick={onRemove}>
      Remove<span className="sr-only"> {name}</span>
    </Button>
  );
}
