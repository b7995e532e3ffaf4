import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { itemsOf } from "../../api/paging.ts";
import { SelectField } from "../../components/field.tsx";
import { registriesQuery } from "../registries/registry-queries.ts";

/** Chooses a registry, or all of them, which is the empty text. */
export function RegistryField(props: {
  value: string;
  every: string;
  onChoose: (registry: string) => void;
}): ReactElement {
  const registries = itemsOf(useInfiniteQuery(registriesQuery()).data);
  return (
    <SelectField
      label="Registry"
      value={props.value}
      onChange={(event) => props.onChoose(event.target.value)}
    >
      <option value="">{props.every}</option>
      {registries.map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </SelectField>
  );
}
