import { ROLES, type Role } from "@entrepot/core";
import type { ReactElement } from "react";
import { SelectField } from "../../components/field.tsx";

const WORDS: Readonly<Record<Role, string>> = {
  "owner": "Owner: everything, and makes other owners",
  "admin": "Administrator: everything of this workspace",
  "developer": "Developer: installs, publishes and tags",
  "read-only": "Read-only: sees what there is, installs nothing",
};

/** Chooses a role; only an owner makes owners. */
export function RoleField(props: {
  role: Role;
  isByOwner: boolean;
  onChoose: (role: Role) => void;
}): ReactElement {
  return (
    <SelectField
      label="Role"
      hint="What they may do where no rule says otherwise."
      value={props.role}
      onChange={(event) => props.onChoose(event.target.value as Role)}
    >
      {ROLES.filter((role) => role !== "owner" || props.isByOwner || props.role === "owner").map((role) => (
        <option key={role} value={role}>
          {WORDS[role]}
        </option>
      ))}
    </SelectField>
  );
}
