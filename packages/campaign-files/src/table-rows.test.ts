/** Tables as spreadsheets and other programs write them, and what becomes of their rows. */
import { LinkupError } from "@linkup-queue/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ndjsonRows, type ReadRow, type RowReader, type TableRowOptions, tableRows } from "./recipient-rows.ts";

const USES = [
  { name: "linkedin_url", isNeeded: true },
  { name: "first_name", isNeeded: false },
];
const options: TableRowOptions = { charset: null, delimiter: null, uses: USES };
const address = (name: string) => `https://www.linkedin.com/in/${name}`;

type Read = { rows: ReadRow[]; reader: RowReader };

function readBytes(bytes: Uint8Array, some: Partial<TableRowOptions> = {}, cut = 65_536): Read {
  const reader = tableRows({ ...options, ...some });
  const rows: ReadRow[] = [];
  for (let at = 0; at < bytes.length; at += cut) rows.push(...reader.feed(bytes.subarray(at, at + cut)));
  rows.push(...reader.end());
  return { rows, reader };
}

const read = (text: string, some?: Partial<TableRowOptions>): Read => readBytes(Buffer.from(text), some);

/** Fields of the rows that were taken. */
const taken = ({ rows }: Read) => rows.flatMap((row) => ("recipient" in row ? [row.recipient.fields] : []));
const refused = ({ rows }: Read) =>
  rows.flatMap((row) => ("error" in row ? [{ line: row.line, row: row.row, issues: row.error.issues }] : []));

function refusal(work: () => unknown): { path: string; message: string }[] {
  try {
    work();
  } catch (thrown) {
    return [...(LinkupError.from(thrown).issues ?? [])];
  }
  throw new Error("nothing was refused");
}

const ann = { linkedin_url: address("ann"), first_name: "Ann" };
const bob = { linkedin_url: address("bob"), first_name: "Bob" };
const ROWS = `${ann.linkedin_url},Ann\n${bob.linkedin_url},Bob\n`;

describe("lines before the header row", () => {
  test.each([
    ["a heading and its blank line", "Contacts\n\n"],
    ["a note in quotes, over several lines", 'Notes:\n"Some, addresses\n""are"" missing"\n\n'],
    ["a note with a stray quote", 'My "best, contacts\n'],
    ["a note with a quote that nothing ends", '"Contacts of 2026\n'],
    ["blank cells of a wider sheet", ",,\nExported,21 Nov 2026,\n,,\n"],
    ["nineteen lines", "note\n".repeat(19)],
    ["lines of another kind", "Contacts\r\nmore\r"],
  ])("%s is passed over", (_what, before) => {
    const found = read(`${before}LinkedIn URL,First Name\n${ROWS}`);
    expect(taken(found)).toEqual([ann, bob]);
    expect(found.reader.columns).toEqual([
      { header: "LinkedIn URL", name: "linkedin_url" },
      { header: "First Name", name: "first_name" },
    ]);
  });

  test("rows keep the numbers that a sheet and an editor show", () => {
    const found = read(`Notes:\n"two\nlines"\n\nlinkedin_url,first_name\n${ann.linkedin_url},Ann\n${bob.linkedin_url},"Bob"x\n`);
    expect(refused(found)).toMatchObject([{ row: 6, line: 7 }]);
  });

  test("a header row further down than twenty rows is not looked for", () => {
    expect(refusal(() => read(`${"note\n".repeat(20)}linkedin_url\n${ROWS}`))).toMatchObject([{ path: "linkedin_url" }]);
  });

  test.each([";", "\t", "|", ",", "^"])("a line sep=%s names the delimiter, and is no row of the sheet", (delimiter) => {
    for (const end of ["\n", "\r\n", "\r"]) {
      for (const line of [`sep=${delimiter}`, `"sep=${delimiter}"`, `SEP=${delimiter}`]) {
        const rows = [line, "linkedin_url,first_name", `${ann.linkedin_url},Ann`, `${bob.linkedin_url},Bob,x`];
        const found = read(`\uFEFF${rows.join(end).replaceAll(",", delimiter)}${end}`);
        expect(taken(found)).toEqual([ann]);
        expect(refused(found)).toMatchObject([{ row: 3, line: 4 }]);
      }
    }
  });

  test("the delimiter is the one that makes columns of the fields, whatever stands more often in the header row", () => {
    expect(taken(read(`linkedin_url;first_name;a,b,c,d,e\n${ann.linkedin_url};Ann;x\n`))).toMatchObject([ann]);
    expect(taken(read(`Contacts, all of them, of 2026\nlinkedin_url\tfirst_name\n${ann.linkedin_url}\tAnn\n`))).toEqual([ann]);
    expect(taken(read(`linkedin_url|first_name\n${ann.linkedin_url}|Ann\n`))).toEqual([ann]);
  });

  test("a table without a header row is refused, and so is one without any row", () => {
    expect(refusal(() => read(ROWS))).toMatchObject([{ path: "linkedin_url" }]);
    for (const text of ["", "\n\n", " , \n"]) expect(refusal(() => read(text)).length, JSON.stringify(text)).toBeGreaterThan(0);
  });
});

describe("columns", () => {
  test.each([
    ["Firstname;LinkedIn URL", "Ann"],
    ["FIRST-NAME;linkedinUrl", "Ann"],
    [" first name ;LinkedIn_URL *", "Ann"],
    ["Fïrst Nàme;LINKEDIN URL", "Ann"],
  ])("%s are the fields of the text", (header) => {
    expect(taken(read(`${header}\nAnn;${ann.linkedin_url}\n`))).toEqual([ann]);
  });

  test("two of one name are refused where the text uses it, and named as they are written", () => {
    const [issue] = refusal(() => read(`linkedin_url,First Name,first_name\n${ROWS}`));
    expect(issue?.path).toBe("first_name");
    expect(issue?.message).toContain('"First Name" and "first_name"');
    expect(refusal(() => read(`Recipient ID,recipientId,linkedin_url\n1,2,${address("x")}\n`))).toMatchObject([{ path: "recipientId" }]);
  });

  test("two of one name that nobody reads are left out and told", () => {
    const found = read(`linkedin_url,first_name,Email,E-mail,"",日付\n${ann.linkedin_url},Ann,a@x,b@x,c,d\n`);
    expect(taken(found)).toEqual([{ ...ann, 日付: "d" }]);
    expect(found.reader.ignored).toEqual(["Email", "E-mail"]);
  });

  test("a row of JSON knows its fields by the same names", () => {
    const reader = ndjsonRows(USES);
    const lines = [
      { "LinkedIn URL": address("ann"), Firstname: "Ann", "Recipient ID": 7, Prénom: "x" },
      { linkedin_url: address("bob"), firstName: "Bob", "First Name": "Robert" },
      { linkedin_url: address("cy"), Email: "a", "e-mail": "b" },
    ];
    const rows = [...reader.feed(Buffer.from(lines.map((line) => JSON.stringify(line)).join("\n"))), ...reader.end()];
    expect(rows[0]).toEqual({ line: 1, recipient: { recipientId: "7", fields: { ...ann, prenom: "x" } } });
    expect(rows[1]).toMatchObject({ line: 2, error: { issues: [{ path: "first_name" }] } });
    expect(rows[2]).toMatchObject({ recipient: { fields: { linkedin_url: address("cy"), Email: "a", e_mail: "b" } } });
  });
});

describe("blank cells", () => {
  test("that are left out or too many at the end of a row make no difference", () => {
    const text = `linkedin_url,first_name,company,notes\r\n${address("a")},A,Acme,x\r\n${address("b")},B,Acme\r\n${address("c")},C\r\n${address("d")}\r\n${address("e")},E,Acme,x,\r\n${address("f")},F,,, ,,\r\n`;
    expect(taken(read(text)).map((fields) => [fields["first_name"], fields["company"], fields["notes"]])).toEqual([
      ["A", "Acme", "x"],
      ["B", "Acme", undefined],
      ["C", undefined, undefined],
      [undefined, undefined, undefined],
      ["E", "Acme", "x"],
      ["F", undefined, undefined],
    ]);
  });

  test("a surplus cell that is not blank is refused with its row", () => {
    expect(refused(read(`linkedin_url,first_name\n${ann.linkedin_url},Ann,\n${address("x")},Smith, John\n`))).toMatchObject([
      { row: 3, line: 3 },
    ]);
  });

  test("a row with too many or too few of them is refused where a cell of it may be other rows in a wrong quote", () => {
    const inner = `introduced by\n${address("never-asked")}, VP Sales\n(Paris)`;
    const found = read(`linkedin_url,first_name\n${ann.linkedin_url},"${inner}",\n${bob.linkedin_url},"Bob\nthe first",\n`);
    expect(taken(found)).toEqual([{ ...bob, first_name: "Bob\nthe first" }]);
    expect(refused(found)).toMatchObject([{ row: 2, line: 2 }]);
    expect(taken(read(`linkedin_url,first_name\n${ann.linkedin_url},"${inner}"\n`))).toMatchObject([{ linkedin_url: ann.linkedin_url }]);
  });

  test("an address at the very end of a table may be cut off there: nobody is written to by half of one", () => {
    const head = "linkedin_url,first_name\n";
    expect(taken(read(`${head}${ann.linkedin_url},Ann\n${address("bo")}`))).toEqual([ann]);
    expect(taken(read(`${head}${ann.linkedin_url},Ann\n${address("bo")}\n`))).toEqual([ann, { linkedin_url: address("bo") }]);
    // With its row whole, or its end another cell, it is all there.
    expect(taken(read(`${head}${ann.linkedin_url},Ann`))).toEqual([ann]);
    expect(taken(read(`linkedin_url\n${address("bo")}`))).toEqual([{ linkedin_url: address("bo") }]);
  });

  test("lines behind a stray quote are rows only where they have all of their cells", () => {
    const rows = Array.from({ length: 20 }, (_, n) => `${address(`p-${n}`)},P${n},x`);
    const text = ["linkedin_url,first_name,notes", `${address("ann")},"Ann,x`, ...rows, address("named-inside"), ...rows.slice(0, 5)].join(
      "\n",
    );
    const found = read(`${text}\n`);
    expect(taken(found).map((fields) => fields["linkedin_url"])).not.toContain(address("named-inside"));
    expect(taken(found)).toHaveLength(25);
    expect(refused(found).map(({ line }) => line)).toEqual([2, 23]);
  });

  test("a stray quote costs its row alone also in a table whose rows all have blank cells too many", () => {
    const row = (n: number) => `${address(`p-${n}`)},P${n},,`;
    const rows = Array.from({ length: 30 }, (_, n) => (n === 5 ? `${address("bad")},"Bad,,` : row(n)));
    const found = read(`linkedin_url,first_name\n${rows.join("\n")}\n`);
    expect(taken(found)).toHaveLength(29);
    expect(refused(found)).toMatchObject([{ row: 7, line: 7 }]);
  });
});

describe("errors of programs", () => {
  test.each(
    "#N/A #REF! #VALUE! #DIV/0! #NAME? #NULL! #NUM! #SPILL! #NV #WERT! #BEZUG! #VALEUR! #NOM? #¡REF! #¿NOMBRE? #ERROR! Err:502 Loading... ##### null NULL (null) undefined NaN None N/A \\N {{first_name}} {firstName} {{{name}}} %FNAME% %%name%% *|FNAME|* [Name] [[First_Name]] <<name>> <name>".split(
      " ",
    ),
  )("%s is no name", (value) => {
    const found = read(`linkedin_url,first_name\n${ann.linkedin_url},${value}\n${bob.linkedin_url}, ${value} \n`);
    expect(taken(found)).toEqual([{ linkedin_url: ann.linkedin_url }, { linkedin_url: bob.linkedin_url }]);
    expect(found.reader.errorValues).toEqual([{ column: "first_name", value, rows: 2 }]);
    const reader = ndjsonRows(USES);
    const [row] = [...reader.feed(Buffer.from(`${JSON.stringify({ ...ann, first_name: value, recipientId: value })}\n`))];
    expect(row).toMatchObject({ recipient: { recipientId: null, fields: { first_name: "" } } });
  });

  test.each([
    "Null",
    "Na",
    "Nan",
    "#sales",
    "Nonet",
    "Undefined Ltd",
    "N/A Inc",
    "Err",
    "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}",
    "Ann [she/her]",
    "O",
    "芳",
    "X Æ A-12",
  ])("%s may be a name", (value) => {
    const found = read(`linkedin_url,first_name\n${ann.linkedin_url},${value}\n`);
    expect(taken(found)).toEqual([{ ...ann, first_name: value }]);
    expect(found.reader.errorValues).toEqual([]);
  });
});

describe("columns of names", () => {
  test.each(["-", "--", "0", ".", "?", "1", "#1", "[1]", "100%", "<3", "=", "=)", "😀", "n.a.", "N.A."])(
    "%s is no name, and told",
    (value) => {
      const found = read(`linkedin_url,first_name,company\n${ann.linkedin_url},${value},3M\n`);
      expect(taken(found)).toEqual([{ linkedin_url: ann.linkedin_url, company: "3M" }]);
      expect(found.reader.errorValues).toEqual([{ column: "first_name", value, rows: 1 }]);
      const reader = ndjsonRows(USES);
      const [row] = [
        ...reader.feed(Buffer.from(`${JSON.stringify({ linkedin_url: ann.linkedin_url, "First Name": value, company: "3M" })}\n`)),
      ];
      expect(row).toMatchObject({ recipient: { fields: { first_name: "", company: "3M" } } });
    },
  );

  test.each(["1", "-", "#1", "100%"])("%s may stand in another column", (value) => {
    const found = read(`linkedin_url,seats\n${ann.linkedin_url},${value}\n`);
    expect(taken(found)).toEqual([{ linkedin_url: ann.linkedin_url, seats: value }]);
  });

  test("a number in a row of JSON is no name", () => {
    const [row] = [...ndjsonRows(USES).feed(Buffer.from(`${JSON.stringify({ ...ann, first_name: 0, seats: 7 })}\n`))];
    expect(row).toMatchObject({ recipient: { fields: { first_name: "", seats: "7" } } });
  });
});

describe("bytes that are no lines of JSON", () => {
  const objects = `${JSON.stringify(ann)},\n${JSON.stringify(ann)}`;
  const utf32 = (text: string, isBig: boolean) =>
    Buffer.concat(
      [...`\ufeff${text}`].map((char) => {
        const bytes = Buffer.alloc(4);
        if (isBig) bytes.writeUInt32BE(char.codePointAt(0) ?? 0);
        else bytes.writeUInt32LE(char.codePointAt(0) ?? 0);
        return bytes;
      }),
    );
  test.each([
    ["an array in one line", Buffer.from(`[${objects.replaceAll("\n", "")}]`), /one JSON array/],
    ["an array over many", Buffer.from(`\n [\n  ${objects}\n]\n`), /one JSON array/],
    ["an array behind a byte order mark", Buffer.from(`\ufeff[${objects}]`), /one JSON array/],
    ["an empty array", Buffer.from("[]"), /one JSON array/],
    ["UTF-16", Buffer.from(`\ufeff${objects}`, "utf16le"), /UTF-16/],
    ["UTF-16 without a mark", Buffer.from(objects, "utf16le"), /UTF-16/],
    ["UTF-32", utf32(objects, false), /UTF-32/],
    ["UTF-32 the other way round", utf32(objects, true), /UTF-32/],
  ])("%s are refused whole, in one sentence", (_name, bytes, sentence) => {
    for (const cut of [3, 65_536]) {
      const reader = ndjsonRows(USES);
      const all = () => {
        for (let at = 0; at < bytes.length; at += cut) for (const _row of reader.feed(bytes.subarray(at, at + cut)));
        for (const _row of reader.end());
      };
      expect(refusal(all)).toMatchObject([{ message: sentence }]);
    }
  });

  test("a table in UTF-32 is told as that", () => {
    for (const isBig of [false, true]) {
      const work = () => readBytes(utf32(`linkedin_url,first_name\n${ann.linkedin_url},Ann\n`, isBig));
      expect(work).toThrow(/UTF-32.*UTF-8/);
    }
    expect(() => readBytes(utf32("linkedin_url\n", false).subarray(4))).toThrow(/UTF-32/);
  });
});

describe("cells that are not their text", () => {
  const rows = (first: string, note = "") =>
    read(`linkedin_url,first_name,note\n${ann.linkedin_url},"${first.replaceAll('"', '""')}","${note}"\n${bob.linkedin_url},Bob,\n`);
  const twice = (name: string) => new TextDecoder("windows-1252").decode(Buffer.from(name));

  test.each(['=HYPERLINK("https://x.example","Ann")', "=A2", "=+A2&B2", '="Ann"', "='Sheet 1'!A2", "=1+1"])(
    "the formula %s is refused with its row, where somebody reads it",
    (formula) => {
      const found = rows(formula);
      expect(taken(found)).toEqual([bob]);
      expect(refused(found)).toMatchObject([{ row: 2, line: 2, issues: [{ path: "first_name", message: /formula.*save the table/ }] }]);
    },
  );

  test.each(["=> Ann", "+Ann", "@ann", "==Ann"])("%s is no formula", (text) => {
    expect(taken(rows(text))).toEqual([{ ...ann, first_name: text }, bob]);
  });

  test.each(
    `René Zoë Jürgen Łukasz O’Neil Иван Γιάννης 王芳 Ann😀 محمد À ß Élodie Özgür Ödön Äänekoski Óscar Ñusta Michał Gołąb Wiśniewska Poznań Luković Ångström
Łukasz-Ż Hélène-Élise ANDRÉ ÉRIC Ólafur`.split(/\s+/),
  )("%s in UTF-8 made twice is refused with its row, where somebody reads it, and once it is taken", (name) => {
    const found = rows(twice(name));
    expect(taken(found)).toEqual([bob]);
    expect(refused(found)).toMatchObject([{ row: 2, line: 2, issues: [{ path: "first_name", message: /UTF-8 twice.*export/ }] }]);
    expect(taken(rows(name))).toEqual([{ ...ann, first_name: name }, bob]);
  });

  test.each(["“BLÅ”", "TOUCHÉ…", "ANDRÉ’S", "MAÇÃ\u00a0SÃO", "IRMÃ…", "SÃO João", "Ã", "«CAFÉ»", "café…»", "«BLÅ»", "Þór Ýmir", "naïve ½"])(
    "%s is text as it stands",
    (text) => expect(taken(rows(text))).toEqual([{ ...ann, first_name: text }, bob]),
  );

  test.each([twice("René"), twice("Łukasz Ż"), "=A2", '=HYPERLINK("https://x.example","Ann")'])(
    "%s is refused in a row of JSON, too, where somebody reads it",
    (first) => {
      const lines = [
        { linkedin_url: ann.linkedin_url, "First Name": first },
        { ...bob, note: first },
      ]
        .map((line) => JSON.stringify(line))
        .join("\n");
      const reader = ndjsonRows(USES);
      const found = { rows: [...reader.feed(Buffer.from(lines)), ...reader.end()], reader };
      expect(taken(found)).toEqual([{ ...bob, note: first }]);
      expect(refused(found)).toMatchObject([{ line: 1, issues: [{ path: "first_name" }] }]);
    },
  );

  test("cells that nobody reads may hold either, but no NUL", () => {
    expect(taken(rows("Ann", "=A2"))).toEqual([{ ...ann, note: "=A2" }, bob]);
    expect(taken(rows("Ann", twice("René")))).toEqual([{ ...ann, note: "RenÃ©" }, bob]);
    expect(taken(rows(`Hé, ${twice("René")}`))).toEqual([bob]);
    expect(refused(rows("Ann", "a\0b"))).toMatchObject([{ row: 2, issues: [{ path: "note", message: /NUL/ }] }]);
  });
});

describe("a header row that does not fit", () => {
  test("is told with its row and how many columns it has", () => {
    const [one] = refusal(() => read(`Notes:\n\nlinkedin_url^first_name\n${ann.linkedin_url}^Ann\n`));
    expect(one?.message).toMatch(/no column has this name; row 1 was read as the header row, of 1 column: name the delimiter/);
    const [two] = refusal(() => read(ROWS));
    expect(two?.message).toMatch(/row 1 was read as the header row, of 2 columns\. It looks like a recipient's row/);
  });

  test("is told with what to do where there is none: nothing at all, or the first recipient in its place", () => {
    expect(refusal(() => read("\n \n"))).toMatchObject([
      { path: "", message: expect.stringContaining("begin with a row of the columns' names") },
    ]);
    const [row] = refusal(() => read(`${ann.linkedin_url},Ann\n`));
    expect(row?.message).toMatch(/It looks like a recipient's row: put a row of the columns' names above it$/);
  });

  test("is told with the column that may be meant, where one is called nearly so", () => {
    const [one] = refusal(() => read(`LinkedIn Ulr,first_name\n${ann.linkedin_url},Ann\n`));
    expect(one).toMatchObject({ path: "linkedin_url", message: expect.stringContaining('no column has this name; is it "LinkedIn Ulr"?') });
    const [other] = refusal(() => read(`website,first_name\n${ann.linkedin_url},Ann\n`));
    expect(other?.message).not.toContain("is it");
  });

  test.each([
    ["a workbook", "PK\x03\x04\x14\0\x06\0\x08\0\xff\xe1"],
    ["one of Excel before 2007", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"],
  ])("of %s is none: it is told what to save", (_what, bytes) => {
    expect(refusal(() => readBytes(Buffer.from(bytes, "latin1")))).toMatchObject([{ message: /save it as CSV/ }]);
  });
});

describe("encodings", () => {
  const text = `linkedin_url,first_name,company\n${address("zoe")},Zoë,Müller & Söhne\n${address("rene")},René,L’Oréal – œuvre\n`;
  const utf16 = (some: string) => Buffer.from(some, "utf16le");
  const names = ["Zoë", "René"];
  const firstNames = (found: Read) => taken(found).map((fields) => fields["first_name"]);

  /** Letters of Western Europe and the signs that windows-1252 has beside them. */
  const windows1252 = (some: string) => Buffer.from(some.replaceAll("’", "\x92").replaceAll("–", "\x96").replaceAll("œ", "\x9c"), "latin1");

  test.each([1, 2, 3, 7, 65_536])("a table is read as what it is, when it comes %i bytes at a time", (cut) => {
    for (const [bytes, encoding] of [
      [Buffer.from(text), "utf-8"],
      [Buffer.from(`\uFEFF${text}`), "utf-8"],
      [utf16(`\uFEFF${text}`), "utf-16le"],
      [utf16(`\uFEFF${text}`).swap16(), "utf-16be"],
      [utf16(text), "utf-16le"],
      [utf16(text).swap16(), "utf-16be"],
      [windows1252(text), "windows-1252"],
    ] as const) {
      const found = readBytes(bytes, {}, cut);
      expect(firstNames(found), encoding).toEqual(names);
      expect(taken(found)[1]?.["company"]).toBe("L’Oréal – œuvre");
      expect(found.reader.encoding).toBe(encoding);
    }
  });

  test("an encoding that the sender names is taken at his word", () => {
    expect(firstNames(readBytes(Buffer.from(text, "latin1"), { charset: "utf-8" }))).toEqual([]);
    expect(firstNames(readBytes(windows1252(text), { charset: "windows-1252" }))).toEqual(names);
    expect(firstNames(readBytes(utf16(`\uFEFF${text}`).swap16(), { charset: "utf-16" }))).toEqual(names);
    expect(() => readBytes(Buffer.from(text), { charset: "klingon" })).toThrow("This charset is not known");
  });

  test("a wrong byte in a table of UTF-8 costs its own row, wherever the first one stands", () => {
    const rows = Array.from({ length: 200 }, (_, n) => Buffer.from(`${address(`p-${n}`)},Zoë\n`));
    rows[0] = Buffer.from(`${address("bad")},Zo\xeb\n`, "latin1");
    rows[100] = Buffer.from(`${address("bad")},Zo\xeb\n`, "latin1");
    const found = readBytes(Buffer.concat([Buffer.from("linkedin_url,first_name\n"), ...rows]));
    expect(taken(found)).toHaveLength(198);
    expect(refused(found)).toMatchObject([{ line: 2 }, { line: 102 }]);
  });

  test("the first letter with an accent may come after any number of rows without one", () => {
    const many = `${address("x")},Ann\n`.repeat(10_000);
    for (const last of [Buffer.from(`${address("z")},Zoë\n`), Buffer.from(`${address("z")},Zo\xeb\n`, "latin1")]) {
      const found = readBytes(Buffer.concat([Buffer.from(`linkedin_url,first_name\n${many}`), last]));
      expect(firstNames(found).at(-1)).toBe("Zoë");
    }
  });

  test.each([
    ["Cyrillic", [0xc8, 0xe2, 0xe0, 0xed]],
    ["Polish", [0x50, 0x61, 0x77, 0x65, 0xb3]],
    ["of an old Macintosh", [0x52, 0x65, 0x6e, 0x8e]],
    ["of DOS", [0x52, 0x65, 0x6e, 0x82]],
    ["of Central Europe", [0xa3, 0x75, 0x6b, 0x61, 0x73, 0x7a]],
    ["Chinese", [0xcd, 0xf5, 0xb7, 0xbc]],
    ["Japanese", [0x93, 0x63, 0x92, 0x86]],
  ])("a name in another alphabet's bytes (%s) is refused with its row, and never sent as other letters", (_what, bytes) => {
    const row = Buffer.concat([Buffer.from(`${address("x")},`), Buffer.from(bytes), Buffer.from("\n")]);
    const found = readBytes(
      Buffer.concat([Buffer.from("linkedin_url,first_name\n"), row, Buffer.from(`${address("y")},Zo\xeb\n`, "latin1")]),
    );
    expect(firstNames(found)).toEqual(["Zoë"]);
    expect(refused(found)).toMatchObject([{ row: 2, line: 2, issues: [{ path: "first_name" }] }]);
  });
});

test.each(["£50", "“Élan”", "Él", "¿Qué?", "•••", "Ænes Øl", "L’Été", "Ö"])("%s in windows-1252 is text as it stands", (text) => {
  const bytes = Buffer.concat([
    Buffer.from(`linkedin_url,note\n${ann.linkedin_url},`),
    Buffer.from(text.replaceAll("’", "\x92").replaceAll("“", "\x93").replaceAll("”", "\x94").replaceAll("•", "\x95"), "latin1"),
    Buffer.from(`\n${bob.linkedin_url},Zo\xeb\n`, "latin1"),
  ]);
  expect(taken(readBytes(bytes))[0]).toEqual({ linkedin_url: ann.linkedin_url, note: text });
});

test("in what chunks a table comes makes no difference", () => {
  const cell = fc.constantFrom("Ann", "", "Zoë", "#N/A", '"a\nb"', '"x', 'y"z', address("q"), "a,b");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, fc.constantFrom("\n", "\n\n", "\r\n")), { maxLength: 12 }),
      fc.constantFrom("", "sep=,\n", "Notes:\n\n", '"Note\n'),
      fc.integer({ min: 1, max: 30 }),
      (rows, before, cut) => {
        const text = `${before}linkedin_url,first_name\n${rows.map(([one, other, end]) => `${one},${other}${end}`).join("")}`;
        const bytes = Buffer.from(text);
        const outcome = (size: number) => {
          try {
            const { rows: all, reader } = readBytes(bytes, {}, size);
            return [all, reader.columns, reader.ignored, reader.errorValues, reader.encoding];
          } catch (thrown) {
            return LinkupError.from(thrown).issues;
          }
        };
        expect(outcome(cut)).toEqual(outcome(bytes.length));
      },
    ),
    { numRuns: 300 },
  );
});
