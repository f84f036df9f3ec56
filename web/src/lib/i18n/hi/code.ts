import type { Code } from "../code.ts";

export default {
  copy: "कॉपी करें",
  copied: "कॉपी हो गया",
  copyFailed: "टेक्स्ट कॉपी नहीं हो सका।",
  example: "उदाहरण",
  languages: { sh: "curl", python: "Python", js: "JavaScript" },
  choose: "उदाहरण की भाषा",
} satisfies Code;
