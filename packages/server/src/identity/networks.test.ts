import { describe, expect, it } from "vitest";
import { checkedNetworks, createNetworkCheck, isWithin } from "./networks.ts";

describe("networks", () => {
  it("come in ranges and single addresses, and are kept in their usual form", () => {
    expect(
      checkedNetworks([
        "10.1.2.3/8",
        "192.0.2.7",
        "2001:DB8:0::/32",
        "::1",
        "::ffff:192.0.2.9",
        "::ffff:10.1.0.0/104",
      ]),
    ).toEqual(["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128", "192.0.2.9/32", "10.0.0.0/8"]);
  });

  it.each([
    "",
    "example.com",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "300.1.1.1",
    "10.0.0.0/8 ",
    "010.0.0.0/8",
    "10",
    "0x0a.0.0.1",
    "10.1",
  ])("refuse %j", (text) => {
    expect(() => checkedNetworks([text])).toThrow(/is not a network/);
  });

  it("hold addresses, also IPv4 ones in the spelling of IPv6", () => {
    const isInside = createNetworkCheck(["10.0.0.0/8", "2001:db8::/32"]);
    const addresses = [
      "10.255.0.1",
      "::ffff:10.0.0.1",
      "11.0.0.1",
      "2001:db8::7",
      "2001:db9::7",
      "",
      "nonsense",
    ];
    expect(addresses.filter(isInside)).toEqual(["10.255.0.1", "::ffff:10.0.0.1", "2001:db8::7"]);
  });

  it("lie within wider ones", () => {
    const held = ["10.0.0.0/8", "2001:db8::/32"];
    const within = [
      "10.1.0.0/16",
      "10.0.0.0/8",
      "10.0.0.0/7",
      "192.0.2.0/24",
      "2001:db8:1::/48",
      "0.0.0.0/0",
    ];
    expect(within.filter((network) => isWithin(network, held))).toEqual([
      "10.1.0.0/16",
      "10.0.0.0/8",
      "2001:db8:1::/48",
    ]);
  });
});
