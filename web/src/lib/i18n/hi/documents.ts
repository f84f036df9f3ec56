import type { DocumentMessages } from "../documents.ts";

/** By the API's sentence. */
const PROBLEMS: Record<string, string> = {
  "This file is protected with a password. Please remove the protection and upload it again.":
    "यह फ़ाइल पासवर्ड से सुरक्षित है। सुरक्षा हटाकर इसे फिर से अपलोड करें।",
  "This file is damaged or incomplete. Please upload it again.": "यह फ़ाइल खराब या अधूरी है। इसे फिर से अपलोड करें।",
  "This file is too large to be read. Please split it into smaller files.":
    "यह फ़ाइल पढ़ने के लिए बहुत बड़ी है। इसे छोटी फ़ाइलों में बाँटें।",
  "This file has too many pages. Please split it into smaller files.": "इस फ़ाइल में बहुत अधिक पेज हैं। इसे छोटी फ़ाइलों में बाँटें।",
  "This kind of file cannot be read. PDF, Word (docx), Excel (xlsx), PowerPoint (pptx), EPUB, HTML, CSV, text and images (PNG, JPEG, WebP) can.":
    "इस तरह की फ़ाइल पढ़ी नहीं जा सकती। PDF, Word (docx), Excel (xlsx), PowerPoint (pptx), EPUB, HTML, CSV, टेक्स्ट और तस्वीरें (PNG, JPEG, WebP) पढ़ी जा सकती हैं।",
  "No text was found in this file.": "इस फ़ाइल में कोई टेक्स्ट नहीं मिला।",
  "No text was found in this file. If its pages are images, a model can read them.":
    "इस फ़ाइल में कोई टेक्स्ट नहीं मिला। अगर इसके पेज तस्वीरें हैं, तो कोई मॉडल उन्हें पढ़ सकता है।",
  "No text was found in this file. If its pages are images, such as scans, a model with vision can read them, for one answer from your plan each.":
    "इस फ़ाइल में कोई टेक्स्ट नहीं मिला। अगर इसके पेज तस्वीरें हैं, जैसे स्कैन, तो तस्वीरें देख सकने वाला मॉडल उन्हें पढ़ सकता है; हर पेज पर आपके प्लान का एक जवाब लगता है।",
  "Reading this file took too long. Please split it into smaller files.":
    "इस फ़ाइल को पढ़ने में बहुत समय लगा। इसे छोटी फ़ाइलों में बाँटें।",
  "This file could not be read. It took too much time or memory in three attempts.":
    "यह फ़ाइल पढ़ी नहीं जा सकी: तीन बार बहुत समय या बहुत मेमोरी लगी।",
  "The file is missing in the storage. Please upload it again.": "फ़ाइल अब स्टोरेज में नहीं है। इसे फिर से अपलोड करें।",
  "A virus was found in this file. It was not read.": "इस फ़ाइल में वायरस मिला। इसे पढ़ा नहीं गया।",
  "A model has read the pages of this file and found no text on them.":
    "मॉडल ने इस फ़ाइल के पेज पढ़े और उन पर कोई टेक्स्ट नहीं पाया।",
  "The model is no longer offered.": "वह मॉडल अब उपलब्ध नहीं है।",
  "The model failed to read it in three attempts.": "मॉडल तीन बार में भी इसे नहीं पढ़ सका।",
  "The file could not be shown to the model.": "फ़ाइल मॉडल को दिखाई नहीं जा सकी।",
  "You have used up a quota of your plan for now.": "आपके प्लान का एक कोटा फ़िलहाल पूरा हो गया है।",
  "You have used up your answers from small models for now.": "छोटे मॉडलों के आपके जवाब फ़िलहाल पूरे हो गए हैं।",
  "You have used up your answers from large models for now.": "बड़े मॉडलों के आपके जवाब फ़िलहाल पूरे हो गए हैं।",
  "You have used up your images for now.": "आपकी तस्वीरें फ़िलहाल पूरी हो गई हैं।",
  "You have used up your web searches for now.": "आपकी वेब खोजें फ़िलहाल पूरी हो गई हैं।",
  "You have used up your tokens for now.": "आपके टोकन फ़िलहाल पूरे हो गए हैं।",
  "You have used up your budget for models for now.": "मॉडलों के लिए आपका बजट फ़िलहाल पूरा हो गया है।",
  "You have reached your plan's daily limit. A new day starts at midnight UTC.":
    "आपका प्लान एक दिन में जितना देता है, वह पूरा हो गया। नया दिन UTC की मध्यरात्रि से शुरू होता है।",
  "You have reached your share of your team's daily limit, which an admin can raise. A new day starts at midnight UTC.":
    "टीम एक दिन में जितना खर्च कर सकती है, उसमें आपका हिस्सा पूरा हो गया। कोई एडमिन उसे बढ़ा सकता है। नया दिन UTC की मध्यरात्रि से शुरू होता है।",
  "The model failed to write the summary in three attempts. Please try another model.":
    "मॉडल तीन बार में भी सारांश नहीं लिख सका। कोई दूसरा मॉडल चुनें।",
  "The model is no longer available. Please choose another one.": "वह मॉडल अब उपलब्ध नहीं है। कोई दूसरा चुनें।",
  "Your storage has no room for the text of this file. Free some space and read it again.":
    "इस फ़ाइल का टेक्स्ट आपके स्टोरेज में नहीं समाता। जगह बनाएँ और इसे फिर से पढ़वाएँ।",
  "One page is an image and was not read. A model with vision can read it.":
    "एक पेज तस्वीर है और पढ़ा नहीं गया। तस्वीरें देख सकने वाला मॉडल उसे पढ़ सकता है।",
  "Your plan's pages for this month are used up. Try again next month, or choose a larger plan.":
    "इस महीने के आपके प्लान के पेज पूरे हो गए। अगले महीने फिर कोशिश करें, या बड़ा प्लान चुनें।",
  "Your plan's pages for this month are used up, and your credits do not cover the pages of this file. Buy credits and read it again, or try again next month.":
    "इस महीने के आपके प्लान के पेज पूरे हो गए, और इस फ़ाइल के पेजों के लिए क्रेडिट काफ़ी नहीं हैं। क्रेडिट खरीदकर इसे फिर पढ़ें, या अगले महीने कोशिश करें।",
  "Your plan's pages for this month are used up, and a monthly limit of credits does not allow more. An owner or admin can raise it.":
    "इस महीने के आपके प्लान के पेज पूरे हो गए, और क्रेडिट की महीने की सीमा और पेजों की अनुमति नहीं देती। कोई मालिक या एडमिन उसे बढ़ा सकता है।",
  "Your share of the team's pages for this month is used up. An admin can raise it.":
    "इस महीने के टीम के पेजों में आपका हिस्सा पूरा हो गया। कोई एडमिन उसे बढ़ा सकता है।",
  "Your share of the team's storage has no room for the text of this file. An admin can raise it.":
    "इस फ़ाइल का टेक्स्ट टीम के स्टोरेज में आपके हिस्से में नहीं समाता। कोई एडमिन उसे बढ़ा सकता है।",
};

/** Sentences about a team's quotas, each by its pattern. */
function ofTeam(sentence: string) {
  return sentence
    .replace(
      /^You have used up your share of your team's .+ for now\. An admin can raise it\.$/,
      "टीम के कोटे में आपका हिस्सा फ़िलहाल पूरा हो गया है। कोई एडमिन उसे बढ़ा सकता है।",
    )
    .replace(
      /^Your team has used up its .+ for now\. An owner can add more\.$/,
      "आपकी टीम का यह कोटा फ़िलहाल पूरा हो गया है। कोई ओनर और जोड़ सकता है।",
    );
}

export default {
  title: "दस्तावेज़",
  lead: "अनुबंध, रिपोर्ट या स्प्रेडशीट अपलोड करें और चैट में उनके बारे में पूछें: जवाब बताते हैं कि वे किन अंशों से लिखे गए हैं।",
  upload: "अपलोड करें",
  drop: "अपलोड करने के लिए फ़ाइलें यहाँ छोड़ें",
  uploads: "अपलोड",
  queued: "प्रतीक्षा में",
  sendAgain: (name) => `${name} फिर से अपलोड करें`,
  takeAway: (name) => `${name} हटाएँ`,
  uploadErrors: {
    unsupported_type:
      "इस तरह की फ़ाइल पढ़ी नहीं जा सकती। PDF, Word, Excel, PowerPoint, EPUB, HTML, CSV और टेक्स्ट पढ़े जा सकते हैं।",
    too_large: "यह फ़ाइल बहुत बड़ी है। एक दस्तावेज़ 50 MB तक का हो सकता है।",
    storage_full: "आपका स्टोरेज भर गया है। दस्तावेज़ हटाएँ, या बड़ा प्लान चुनें।",
    rate_limited: "एक साथ बहुत सी फ़ाइलें हैं। इसे थोड़ी देर में फिर अपलोड करें।",
    empty: "यह फ़ाइल खाली है।",
  },
  storage: "स्टोरेज",
  pagesThisMonth: "इस महीने पढ़े गए पेज",
  statuses: {
    processing: "तैयार हो रहा है",
    ready: "तैयार",
    failed: "विफल",
  },
  underWay: (count) => (count === 1 ? "एक दस्तावेज़ तैयार हो रहा है।" : `${count} दस्तावेज़ तैयार हो रहे हैं।`),
  allReady: "सभी दस्तावेज़ तैयार हो चुके हैं।",
  progress: (name) => `${name} की तैयारी`,
  tryAgain: "फिर कोशिश करें",
  tryAgainNamed: (name) => `फिर कोशिश करें: ${name}`,
  wordsOnly: {
    credits_exhausted:
      "केवल शब्दों से मिलता है: क्रेडिट या कोई सीमा सर्च इंडेक्स के लिए काफ़ी नहीं थी। जब काफ़ी हो, तो “फिर से पढ़ें” चुनें।",
    service_paused: "अभी केवल शब्दों से मिलता है: आज की सीमा पूरी हो गई है, सर्च इंडेक्स बाद में जुड़ेगा।",
    unavailable: "अभी केवल शब्दों से मिलता है: सर्च इंडेक्स नहीं बन पाया। हम हर मिनट फिर कोशिश करते हैं।",
  },
  problem: (sentence) =>
    PROBLEMS[sentence] ??
    ofTeam(sentence)
      .replace(
        /^This file has ([\d,]+) pages\. A document may have at most ([\d,]+)\.$/,
        "इस फ़ाइल में $1 पेज हैं, और एक दस्तावेज़ में अधिक से अधिक $2 हो सकते हैं।",
      )
      .replace(
        /^About (\d+)% of the text of this file was read\. Compare it with the file, or upload it in another format\.$/,
        "इस फ़ाइल का लगभग $1% टेक्स्ट पढ़ा गया। इसे फ़ाइल से मिलाएँ, या किसी और फ़ॉर्मैट में अपलोड करें।",
      )
      .replace(
        /^([\d,]+) pages are images and were not read\. A model with vision can read them\.$/,
        "$1 पेज तस्वीरें हैं और पढ़े नहीं गए। तस्वीरें देख सकने वाला मॉडल उन्हें पढ़ सकता है।",
      )
      .replace(
        /^Page (\d+), and those after it without text, were not read\. (.+)$/,
        (_, page: string, reason: string) =>
          `पेज ${page} और उसके बाद के बिना टेक्स्ट वाले पेज नहीं पढ़े गए। ${PROBLEMS[reason] ?? ofTeam(reason)}`,
      ),
  pages: (count) => `${count} पेज`,
  find: "खोजें",
  where: "कहाँ खोजें",
  names: "नाम",
  texts: "सामग्री",
  textsHint: "सामग्री में शब्दों और अर्थ से खोजता है।",
  status: "स्थिति",
  allStatuses: "हर स्थिति",
  collection: "संग्रह",
  allCollections: "सभी संग्रह",
  tag: "टैग",
  allTags: "सभी टैग",
  sort: "क्रम",
  sorts: { date: "नए पहले", size: "बड़े पहले", status: "स्थिति" },
  select: (name) => `${name} चुनें`,
  selectAll: "सभी चुनें",
  selected: (count) => `${count} चुने गए`,
  empty: "अभी कोई दस्तावेज़ नहीं है। कुछ अपलोड करें, या उन्हें इस पेज पर कहीं भी छोड़ें।",
  none: "कोई दस्तावेज़ नहीं मिला।",
  noPassage: (words) => `“${words}” के लिए कोई अंश नहीं मिला।`,
  found: (count, more) => `${count}${more ? " या अधिक" : ""} अंश`,
  delete: "हटाएँ",
  deleteTitle: (count) => (count === 1 ? "यह दस्तावेज़ हटाएँ?" : `${count} दस्तावेज़ हटाएँ?`),
  deleteText: "फ़ाइलें और उनका टेक्स्ट हमेशा के लिए हट जाते हैं। जवाबों में उद्धृत अंश बने रहते हैं।",
  deleted: (count) => (count === 1 ? "हटा दिया गया।" : `${count} दस्तावेज़ हटा दिए गए।`),
  reprocess: "फिर से पढ़ें",
  reprocessed: (count) => (count === 1 ? "इसे फिर से पढ़ा जा रहा है।" : `${count} दस्तावेज़ फिर से पढ़े जा रहे हैं।`),
  reprocessHint: "इसके पेज आपके प्लान में फिर गिने जाते हैं।",
  addTags: "टैग जोड़ें",
  tags: "टैग",
  tagsHint: "टैग के बीच अल्पविराम लगाएँ",
  tagged: (count) => (count === 1 ? "टैग जोड़े गए।" : `${count} दस्तावेज़ों में टैग जोड़े गए।`),
  move: "ले जाएँ",
  moveTitle: (count) => (count === 1 ? "यह दस्तावेज़ ले जाएँ" : `${count} दस्तावेज़ ले जाएँ`),
  noCollection: "किसी संग्रह में नहीं",
  moved: "ले जाया गया।",
  collections: "संग्रह",
  collectionsLead: "पूरे संग्रह के बारे में एक साथ पूछें, बाद में जोड़े गए दस्तावेज़ों के बारे में भी।",
  newCollection: "नया संग्रह",
  create: "बनाएँ",
  rename: "नाम बदलें",
  renameNamed: (name) => `${name} का नाम बदलें`,
  deleteNamed: (name) => `${name} हटाएँ`,
  deleteCollection: (name) => `संग्रह “${name}” हटाएँ?`,
  deleteCollectionText: "इसके दस्तावेज़ बने रहते हैं, किसी संग्रह में नहीं।",
  collectionCount: (count) => `${count} दस्तावेज़`,
  noCollections: "अभी कोई संग्रह नहीं है।",
  name: "नाम",
  description: "विवरण",
  save: "सहेजें",
  saved: "सहेजा गया।",
  about: "इस दस्तावेज़ के बारे में",
  facts: {
    status: "स्थिति",
    type: "प्रकार",
    size: "आकार",
    pages: "पेज",
    pagesWithoutText: "बिना टेक्स्ट के पेज",
    chunks: "भाग",
    tokens: "टोकन",
    uploaded: "अपलोड किया",
    answers: "इसका हवाला देने वाले जवाब",
    lastUsed: "पिछला उपयोग",
  },
  never: "कभी नहीं",
  kinds: {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/epub+zip": "EPUB",
    "text/html": "HTML",
    "text/csv": "CSV",
    "text/markdown": "Markdown",
    "text/plain": "टेक्स्ट",
    "image/png": "तस्वीर (PNG)",
    "image/jpeg": "तस्वीर (JPEG)",
    "image/webp": "तस्वीर (WebP)",
  },
  download: "डाउनलोड करें",
  downloadFailed: "फ़ाइल डाउनलोड नहीं हो सकी।",
  ask: "इसके बारे में पूछें",
  askThese: (count, selected) => (count === selected ? "इनके बारे में पूछें" : `इनमें से ${count} के बारे में पूछें`),
  askMost: (count) => `एक सवाल ज़्यादा से ज़्यादा ${count} दस्तावेज़ों के बारे में हो सकता है।`,
  askNone: "इन दस्तावेज़ों के बारे में अभी नहीं पूछा जा सकता।",
  back: "सभी दस्तावेज़",
  text: "टेक्स्ट",
  textLead: "दस्तावेज़ का टेक्स्ट, उन भागों में जिन्हें खोज और जवाब इस्तेमाल करते हैं।",
  noText: "अभी कोई टेक्स्ट नहीं है।",
  page: (page) => `पेज ${page}`,
  part: (ordinal) => `भाग ${ordinal}`,
  marked: "यह वही अंश है जो आपने खोला।",
  notFound: "यह अंश अब इस टेक्स्ट में नहीं है।",
  unreadPages: (count) => `${count} पेज में कोई टेक्स्ट नहीं है, जैसे स्कैन किए हुए पेजों में। तस्वीरें देख सकने वाला मॉडल ऐसे पेज पढ़ सकता है।`,
  readPages: "पेज पढ़वाएँ",
  readPagesText: (count) => `मॉडल बिना टेक्स्ट वाले ${count} पेज पढ़ेगा; हर पेज पर आपके प्लान का एक जवाब लगता है।`,
  readsPart: "आपके प्लान में इन सबके लिए पर्याप्त बाकी नहीं है। जितना हो सके उतना पढ़ा जाएगा, और उतना ही गिना जाएगा।",
  summary: "सारांश",
  noSummary: "अभी कोई सारांश नहीं लिखा गया है।",
  summarise: "सारांश बनवाएँ",
  summariseAgain: "सारांश फिर से बनवाएँ",
  summariseText: "मॉडल सारांश लिखेगा। लंबे दस्तावेज़ पर आपके प्लान के एक से अधिक जवाब लगते हैं।",
  summarising: "सारांश लिखा जा रहा है",
  summaryBy: (model, time) => `${model} ने ${time} को लिखा।`,
  quoting: "अनुमान लगाया जा रहा है…",
  cancel: "रद्द करें",
  requestErrors: {
    quota_exceeded: "आपके प्लान में इस तरह के जितने जवाब मिलते हैं, वे पूरे हो गए हैं।",
    rate_limited: "आप अपने प्लान की सीमा तक पहुँच गए हैं।",
    model_not_in_plan: "यह मॉडल आपके प्लान में नहीं है।",
    unknown_model: "यह मॉडल अब उपलब्ध नहीं है। कोई दूसरा चुनें।",
    document_not_ready: "दस्तावेज़ अभी तैयार हो रहा है। तैयार होने पर फिर कोशिश करें।",
    invalid_request: "यह मॉडल ऐसा नहीं कर सकता। कोई दूसरा चुनें।",
    email_not_confirmed: "पहले अपने ईमेल पते की पुष्टि करें: लिंक उस ईमेल में है जो साइन अप करते समय आया था।",
    upstream_unavailable: "मॉडल के प्रदाता तक नहीं पहुँचा जा सका। थोड़ी देर में फिर कोशिश करें।",
  },
  available: (time) => `${time} से और मिलेगा।`,
  useModel: (model) => `${model} चुनें`,
  goneTitle: "दस्तावेज़ नहीं मिला",
  gone: "यह दस्तावेज़ मौजूद नहीं है। शायद इसे हटा दिया गया है, या यह किसी और खाते का है।",
} satisfies DocumentMessages as DocumentMessages;
