import type { ReactElement } from "react";
import { SelectField, TextField } from "../../components/field.tsx";
import { ORDERS, ORIGINS, type PackageFilter } from "./package-queries.ts";
import { useRegistryChoice } from "./registry-choice.ts";

const ORDER_WORDS: Readonly<Record<(typeof ORDERS)[number], string>> = {
  relevance: "Best match first",
  name: "By name",
  updated: "Changed last first",
  downloads: "Most downloaded first",
};
const ORIGIN_WORDS = {
  local: "Local: published here",
  cached: "Cached: from an upstream, kept here",
  remote: "Remote: at the upstream only",
};

/** What restricts and orders the list of packages. */
export function PackageFilters(props: {
  filter: PackageFilter;
  onChange: (part: PackageFilter) => void;
}): ReactElement {
  const { filter, onChange } = props;
  const registries = useRegistryChoice();
  return (
    <search className="grid gap-3 border-b border-line px-4 py-3 sm:grid-cols-2 lg:grid-cols-[2fr_1fr_1fr_1fr]">
      <TextField
        label="Search"
        type="search"
        placeholder="Name, keyword, author:ada or scope:acme"
        value={filter.text ?? ""}
        onChange={({ target }) => onChange({ text: target.value === "" ? undefined : target.value })}
      />
      <SelectField
        label="Registry"
        value={filter.registry ?? ""}
        onChange={({ target }) => onChange({ registry: target.value === "" ? undefined : target.value })}
      >
        <option value="">All that I may see</option>
        {registries.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
      <SelectField
        label="Origin"
        value={filter.origin ?? ""}
        onChange={({ target }) => onChange({ origin: ORIGINS.find((one) => one === target.value) })}
      >
        <option value="">Every origin</option>
        {ORIGINS.map((origin) => (
          <option key={origin} value={origin}>
            {ORIGIN_WORDS[origin]}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="Order"
        value={filter.sort ?? ""}
        onChange={({ target }) => onChange({ sort: ORDERS.find((one) => one === target.value) })}
      >
        <option value="">As it fits</option>
        {ORDERS.map((order) => (
          <option key={order} value={order}>
            {ORDER_WORDS[order]}
          </option>
        ))}
      </SelectField>
    </search>
  );
}
