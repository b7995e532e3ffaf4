import { expect, it } from "vitest";
import { networkPlace } from "./network-place.ts";

it.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["2001:db8:0:0:ffff::2", "2001:db8:0:0"],
  ["2001:db8:0:1::1", "2001:db8:0:1"],
  ["", ""],
  ["no address", "no address"],
])("the place of %s is %s", (address, place) => {
  expect(networkPlace(address)).toBe(place);
});
