//! What callers say around a name: 请问, 帮我查一下, 的电话号码是多少. It is said in pieces, which are taken away one by one.

/// What stands in front of a name; the longest goes first.
const BEFORE: [&str; 47] = [
    "我想知道",
    "我想要",
    "我想",
    "我要",
    "想",
    "帮我",
    "帮忙",
    "帮手",
    "给我",
    "请问一下",
    "请问",
    "请",
    "麻烦你",
    "麻烦您",
    "麻烦",
    "劳驾",
    "唔该",
    "你好",
    "您好",
    "喂",
    "那个",
    "查询一下",
    "查询",
    "查一下",
    "查下",
    "查一查",
    "查查",
    "查",
    "问一下",
    "问下",
    "问问",
    "问",
    "找一下",
    "找下",
    "找找",
    "找",
    "搵一下",
    "搵下",
    "搵",
    "那家",
    "那间",
    "嗰间",
    "有家叫",
    "有间叫",
    "一家叫",
    "一间叫",
    "叫做",
];
/// What stands behind it.
const BEHIND: [&str; 32] = [
    "的",
    "嘅",
    "电话号码",
    "电话",
    "号码",
    "热线",
    "客服",
    "联系电话",
    "联系方式",
    "地址",
    "是多少",
    "多少",
    "是几多",
    "系几多",
    "几多号",
    "几多",
    "怎么打",
    "点打",
    "打几号",
    "在哪里",
    "在哪",
    "喺边度",
    "谢谢你",
    "谢谢",
    "唔该",
    "好吗",
    "可以吗",
    "有没有",
    "呢",
    "吗",
    "吧",
    "啊",
];
/// Characters that must be left for it to be a name.
const NAME_CHARS_MIN: usize = 2;

/// `typed` without what callers say around a name; `None` where there is nothing of the kind, or nothing else.
///
/// Spaces and punctuation at the ends go with it.
pub(super) fn without_filler(typed: &str) -> Option<String> {
    let mut rest = trim(typed);
    let whole = rest;
    loop {
        let before = BEFORE.iter().filter_map(|filler| rest.strip_prefix(filler)).min_by_key(|rest| rest.len());
        let behind = BEHIND.iter().filter_map(|filler| rest.strip_suffix(filler)).min_by_key(|rest| rest.len());
        let Some(shorter) = before.or(behind).map(trim).filter(|rest| rest.chars().count() >= NAME_CHARS_MIN) else {
            break;
        };
        rest = shorter;
    }
    (rest.len() < whole.len()).then(|| rest.to_owned())
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_around_a_name_is_left_out() {
        for (typed, expected) in [
            ("请问广州酒家的电话是多少", Some("广州酒家")),
            ("你好，帮我查一下中山一院电话，谢谢！", Some("中山一院")),
            ("麻烦你 查一下 陶陶居 呢?", Some("陶陶居")),
            ("帮我查下西南民大", Some("西南民大")),
            ("想查下鄂州红会电话是几多", Some("鄂州红会")),
            ("唔该帮我搵下陶陶居嘅电话系几多", Some("陶陶居")),
            ("有家叫陶陶居的客服热线", Some("陶陶居")),
            ("查查", None),
            ("广州酒家", None),
            ("请问", None),
            ("电话", None),
            ("吧台", None),
        ] {
            assert_eq!(without_filler(typed).as_deref(), expected, "{typed}");
        }
    }
}
