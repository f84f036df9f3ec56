import type { Fields } from "../fields.ts";

export default {
  byCode: {
    required: "यह ज़रूरी है।",
    empty: "यह ज़रूरी है।",
    too_short: "यह बहुत छोटा है।",
    too_long: "यह बहुत लंबा है।",
    too_few: "कम से कम एक चुनें।",
    too_many: "कम चुनें।",
    too_small: "यह संख्या बहुत छोटी है।",
    too_large: "यह संख्या बहुत बड़ी है।",
    wrong_type: "इसका रूप गलत है।",
    not_a_choice: "दिए गए विकल्पों में से एक चुनें।",
    in_the_past: "आगे का कोई समय चुनें।",
    mismatch: "यह मेल नहीं खाता।",
    repeated: "यह दो बार लिखा गया है।",
    unknown_upload: "फ़ाइल का समय समाप्त हो गया। उसे दोबारा चुनें।",
    not_uploaded: "फ़ाइल अपलोड नहीं हुई। उसे दोबारा चुनें।",
    unsupported_type: "इस तरह की फ़ाइल यहाँ नहीं चलेगी।",
  },
} satisfies Fields as Fields;
