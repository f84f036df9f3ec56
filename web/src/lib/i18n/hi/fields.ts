import type { Fields } from "../fields.ts";

export default {
  byCode: {
    required: "यह ज़रूरी है।",
    empty: "यह ज़रूरी है।",
    too_short: "यह बहुत छोटा है।",
    too_long: "यह बहुत लंबा है।",
    too_few: "कम से कम एक चुनें।",
    too_many: "ये बहुत ज़्यादा हैं।",
    too_small: "यह संख्या बहुत छोटी है।",
    too_large: "यह संख्या बहुत बड़ी है।",
    wrong_type: "यहाँ इस तरह का मान नहीं चलेगा।",
    not_a_choice: "दिए गए विकल्पों में से एक चुनें।",
    in_the_past: "यह समय बीत चुका है।",
    mismatch: "यह वह नहीं है जो माँगा गया है।",
    repeated: "यह दो बार लिखा गया है।",
    unknown_upload: "फ़ाइल अब नहीं मिली। उसे दोबारा चुनें।",
    not_uploaded: "फ़ाइल पहुँची नहीं। उसे दोबारा चुनें।",
    unsupported_type: "इस तरह की फ़ाइल यहाँ नहीं चलेगी।",
  },
} satisfies Fields as Fields;
