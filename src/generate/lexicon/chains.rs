//! Invented chains: hand-made ones here, more are made by the generator.

/// Chains of one category. A name may be followed by `/short name` and `/English name`
/// (`-` where there is no short one; `_` stands for a space).
pub(in crate::generate) struct ChainGroup {
    /// The branches' `category`.
    pub(in crate::generate) category: &'static str,
    /// How a branch is called after its place.
    pub(in crate::generate) branch: &'static str,
    /// What answers at a branch.
    pub(in crate::generate) lines: &'static str,
    /// The chains.
    pub(in crate::generate) chains: &'static str,
}

/// The hand-made chains, those with most branches first within each group.
pub(in crate::generate) const CHAIN_GROUPS: &[ChainGroup] = &[
    ChainGroup {
        category: "购物",
        branch: "店 店 店 分店 二店",
        lines: "客服 店长",
        chains: "穗宜便利店/穗宜/Suiyi_Mart 天天顺便利店/天天顺 家门口便利店/家门口 QuickStop便利店/-/QuickStop 廿四点便利店/廿四点 邻里鲜生超市/邻里鲜生 百里万家超市/百里万家 \
                 岭南佳购/佳购 惠民优选超市 绿野仙踪水果/绿野仙踪/OzFruit 果然多水果店 茶语堂茶庄 五羊百货 珠江新电器/珠江新 云山眼镜 凤凰木珠宝/凤凰木 喜阳阳母婴 \
                 小蜗牛文具 U-Home家居/-/U-Home 亮晶晶灯饰 书香里书店/书香里/Shuxiangli_Books 百鞋汇 衣田布服装 粤港手机城",
    },
    ChainGroup {
        category: "餐饮",
        branch: "店 店 店 店 分店 总店 旗舰店 二店",
        lines: "订座 外卖 前台",
        chains: "穗味快餐/穗味/Suiwei_Fast_Food 骑楼茶餐厅/骑楼/Arcade_Cafe 木棉花咖啡/木棉花/Kapok_Coffee 西关阿嬷甜品/西关阿嬷 大榕树粥粉面/大榕树 粤满堂酒家/粤满堂 \
                 文塔酒家 珠江潮酒楼 五仙观素菜 炭火公社烤鱼 牛杂一哥 阿婆牛杂 蒸汽妹肠粉/蒸汽妹 银华肠粉王 煲煲掂煲仔饭/煲煲掂 一口云吞 麻石巷小吃 红棉冰室 \
                 大鹏湾海鲜 湘水谣湘菜 蜀山锅火锅/蜀山锅 草原狼羊肉 客家围屋菜馆/客家围屋 潮起牛肉火锅/潮起 顺德鱼灯私房菜 面点先生 饺饺者 东北炕头 哈皮披萨/-/Happy_Pizzeria \
                 Mr.Duck烧鸭/鸭先生/Mr._Duck 奶盖星球/-/Milkcap_Planet 茶小满/-/Teaman 柠季风手打柠檬茶 半糖工坊 麦穗面包/-/Wheat_Ear_Bakery 雪山路冰饮 果汁盒子/-/Juice_Box \
                 大骑楼汉堡/大骑楼/Arcade_Burger 翅翅飞炸鸡 将太郎寿司/-/Shotaro_Sushi 首尔小馆 越南花米粉 椰林泰菜",
    },
    ChainGroup {
        category: "医疗",
        branch: "店 店 分店",
        lines: "咨询 送药",
        chains: "康民大药房/康民/Kangmin_Pharmacy 百草岭药店/百草岭 济春堂药房/济春堂 穗生连锁药店 老百街药店 皓齿口腔/-/White_Teeth_Dental 明瞳眼科 颐和春中医馆",
    },
    ChainGroup {
        category: "金融",
        branch: "支行 支行 支行 营业部 分理处 储蓄所",
        lines: "客服 对公业务 理财 投诉",
        chains: "岭南商业银行/岭商行/Lingnan_Commercial_Bank 南粤农村商业银行/南粤农商行 穗丰银行/-/Suifeng_Bank 华粤实业银行/华粤银行 珠江口发展银行/珠发行/Estuary_Development_Bank 五岭储蓄银行 \
                 粤安财产保险/粤安财险 海珠桥人寿保险 南天证券/-/Nantian_Securities",
    },
    ChainGroup {
        category: "生活服务",
        branch: "营业厅 营业厅 服务网点 店 分部",
        lines: "客服 投诉 业务办理",
        chains: "粤信通讯/粤信/Yuexin_Telecom 南信移动通信/南信移动 穗网宽带 白鹭速递/白鹭/Egret_Express 疾羽快递/疾羽 千里驹速运/千里驹 岭邮驿站 安居堂地产/安居堂 满城房产/满城 \
                 美吉剪理发 阿剪发型/-/Ajian_Hair 雪洁洗衣/-/Snow_Clean 好帮手家政 快修侠手机维修 途畅汽车养护 丽人汇美容 足道堂",
    },
    ChainGroup {
        category: "住宿",
        branch: "店 店 酒店 分店",
        lines: "订房 前台",
        chains: "木棉里酒店/木棉里/Kapok_Inn 穗家快捷酒店/穗家 八里河连锁酒店/八里河/Bali_River_Inn 云客酒店/-/Cloud_Guest_Hotel 驿路商务酒店 维多丽酒店/-/Victoly_Hotel 白鹅湾假日酒店",
    },
    ChainGroup {
        category: "教育",
        branch: "校区 校区 教学点 中心 分校",
        lines: "招生 教务 前台",
        chains: "学海教育/学海 明灯外语/-/Beacon_English 小博士幼儿园 珠江琴行艺术学校 启航考研 ABC少儿英语/-/ABC_Kids_English 红领结托管 大路驾校 跃动体适能",
    },
    ChainGroup {
        category: "文化娱乐",
        branch: "店 店 分店 馆",
        lines: "预订 前台",
        chains: "星光汇KTV/星光汇 银河幕影城/银河幕/Galaxy_Screen 力量工厂健身/-/Power_Works_Gym 蓝鲸游泳馆 蓝湾网吧 麦霸公馆KTV 一球羽毛球馆",
    },
    ChainGroup {
        category: "交通物流",
        branch: "站 站 网点 营业部",
        lines: "客服 调度",
        chains: "粤油加油站/粤油 南方快线客运/南方快线 岭南行租车/岭南行 绿源充电站 通达岭物流/通达岭 大湾货运",
    },
];
