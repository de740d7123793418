//! The words synthetic listings are made of.
//!
//! Written for this project and free like the rest of it (Apache-2.0). Names of districts, subdistricts,
//! roads and stations are geography; chains, institutions, companies and people are invented, and any
//! likeness to a real one is chance. Tables are kept as text with one word after another, so that a
//! word can be added without touching code.
//!
//! Invariant: words hold no `"`, `\` or control character.

pub(super) mod chains;
pub(super) mod institutions;
pub(super) mod nouns;
pub(super) mod places;
pub(super) mod trades;

/// Cuts a table into its words. A `_` inside a word stands for a space.
pub(super) fn words(table: &'static str) -> Vec<&'static str> {
    table.split_whitespace().collect()
}

/// Characters of two- and three-character trade names, the most used first.
pub(super) const BRAND_CHARS: &str = "福德华盛兴利达永恒泰顺隆安康丰祥瑞鑫源宏金银宝龙凤美佳丽雅丹诚信仁义和平天地海川江河山林森木\
春夏秋冬东西南北中大新明光星月日晨辉煌荣昌嘉乐万千百亿聚汇合众联通腾飞翔鹏凯旋胜远方圆益民惠健活优品尚艺轩阁居苑园庄坊记堂楼府馆味香甜鲜麦谷稻禾田野牧云水清泉溪湖\
港湾岛洲城都京沪粤穗越岭珠花果成富贵发财旺鸿运全正同广高峰博思智慧文才学道真善英雄豪杰友谊爱家心意好多来喜庆吉如长久宁静怡悦欢欣童年青红绿蓝紫白黑玉石翠晶\
钻虎狮鹰鹤燕雁马牛羊鹿竹松柏梅兰菊荷莲桂枫榕棉蕉茶酒米油盐酱醋糖冰雪风雷火土阳阴晴虹霞露霖润泽浩瀚波涛帆舟航桥门巷坤乾元亨贞晟睿昊宇逸梓涵诺言书墨画韵琴歌舞";

/// Family names, those common in Guangdong first, and some that are read in an uncommon way.
pub(super) const SURNAMES: &str = "陈 李 黄 张 梁 林 王 吴 刘 何 罗 周 叶 冯 郑 谢 杨 邓 曾 朱 蔡 麦 区 冼 关 谭 潘 钟 卢 苏 徐 胡 许 杜 \
欧 招 简 霍 莫 龙 温 赵 孙 马 高 郭 唐 曹 彭 萧 田 董 袁 蒋 余 程 魏 吕 丁 任 姚 姜 范 方 石 廖 邹 熊 金 陆 孔 白 崔 康 毛 邱 秦 江 史 顾 侯 邵 孟 \
万 段 雷 钱 汤 尹 黎 易 常 武 乔 贺 赖 龚 文 仇 解 单 查 盖 曲 翟 欧阳 司徒 上官";

/// Characters of given names.
pub(super) const GIVEN_CHARS: &str = "志伟强明华国建文丽芳燕敏军辉杰勇平玲红霞娟英婷浩俊嘉欣怡荣锋斌超涛鹏飞宇晨雪梅兰珍秀兰美凤珠洁静慧琳\
健康宁海波东庆祥贵福生林森木水金银铁光亮星海洋思源子轩梓涵家豪永泽润";

/// What people put before or behind one character of a name to call someone by it.
pub(super) const NICKNAME_FORMS: &str = "记 氏 家 阿 老 小 大 肥 细 九 叔 姨 婆 姐 仔 嫂 师傅 老师 伯 哥";

/// Short Latin words that start a trade name.
pub(super) const LATIN_FIRST: &str = "ABC Sun Link Top Star Best Golden Tech Smart EasyGo U Hi New Royal Lucky Green Blue V K Moon Happy City \
Pearl Canton River Kapok Lychee Orange Apex Nova Ever Joy Fresh Daily Urban Magic Silver Bright Dream Ocean Sky Rainbow Panda Tiger Lion Bee \
Mr Miss Uncle Mama Dr Super Mini Max Pro One Red White Black Pink Little Big Good Sweet Cool Fast Easy My Our Two Zen Luna Leo Mia \
Coco Momo Lulu Nana Kiki Yoyo Bonbon Choco Vita Bio Eco Agri Auto Digi Giga Info Inno Omni Uni Tri Neo Sino Asia Pan Trans Inter Global";

/// Short Latin words that end a trade name.
pub(super) const LATIN_LAST: &str = "One Cafe Fit Home Life Bar Studio Lab Kids Pro Tea Go Mart Box House Garden Kitchen Corner Space Club Time Land \
World Style Look Nail Hair Skin Care Pet Toy Book Art Music Dance Yoga Gym Bike Car Tech Soft Net Cloud Data Link Works Point Plus Zone Hub Bay \
Tree Leaf Bloom Farm Fresh Bite Cup Bean Bread Cake Wok Pot Grill Sea Fish Beauty Lite";

/// Everyday Latin abbreviations that stand in Chinese names.
pub(super) const LATIN_SHORT: &str =
    "KTV SPA DIY VIP 4S LED IT AI VR 3D CBD APP DJ PUB BBQ OK UP MAX ABC XO MM TT JJ KK A8 K9 V8 M+ U+ 7号 24H";

/// Remarks to operators.
pub(super) const NOTES: &str = "周一休息 营业至22:00 24小时营业 节假日照常营业 午休12:00-14:00 只接受预约 请按1转人工 分机请拨总机转 夜间请拨值班电话 \
周末无人接听 已迁新址 正在装修 来电请报会员号 提供粤语和英语服务 传真请先致电 外卖请拨第二个号码 订座请提前一天 地铁A出口步行五分钟 在二楼 \
入口在后街 停车场在地下 暂停营业至月底 与隔壁同名店无关 总店在荔湾 此号码仅限团体预订 投诉请拨另一号码 需要先挂号 急诊不受理电话咨询 \
招聘请发邮件 不设外卖 凌晨两点后不接电话 仅批发 送货上门 需凭证件办理 网上可办 办公时间9:00-17:00 雨天不营业 旺季请提前订房 \
新号码同时有微信 旧名仍有人问 来电者常问错分店";
