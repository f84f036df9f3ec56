"""Guesses the encoding of a Chinese, Japanese or Korean text by its characters.

The bytes of one encoding are also characters of another, but rare ones. A few hundred characters make up half of all
Chinese or Japanese text; in a wrong encoding, only about a tenth of the text's characters are among them.
"""

from extraction.text.wide_guess import HANGUL

_NAMES = ("gb18030", "big5hkscs", "euc_jp", "cp932", "cp949")
# Frequent characters of texts, forms and tables: in all scripts, then simplified and traditional Chinese, and Japanese.
_COMMON = frozenset(
    "一二三四五六七八九十百千万年月日時分上下中大小人口入出生子女王李山川田目手本名金心力工土木水火石不止正出自用立主"
    "市町村北南西东道府省州外内公司株式会社社代表取役定款第条項款章可同意合計合计和在有是的了我他你她们這个以到說要就得也"
    "那于之能会對作地方成法行如而家都天理民高科教育行政政治部局所員人事文件書信息安全方面可能必要利益平均数量度基其期間"
    "前後最新重要品商物產产价格總总额支付款付收租合约同订签署甲乙丙丁方双方应当遵守以下条规定协议号码编电话地址姓邮箱联系"
    "系统项目服务管理技术开发设计有限责任公报告说明通知发展经济市场企业国家社会问题工作学习生活时间进行使用没关系从体"
    "來們個說國會學時經過發後這對動開關長問題現見種實點電話機號單據訂簽約應當協議條規紀錄討論預算計劃與臺台灣圖書館放間"
    "請將此傳送給財務部門審核產業業務員總額價格數量帳戶銀行貨款稅費雙遵守於為從無還進選區縣鄉樓街路巷弄室縣務勞動報告說"
    "東京都大阪府県区町村番地号室住所氏名電話商品単価数量机契約書請求見積納品消費税込額円様殿御中平成令和昭和年度第条項目的期間"
    "株式会社代表取締役者田山本川木村井藤佐中小林加吉野松高橋渡辺伊三和花子太郎一郎樹沢崎島原石谷北海札幌青森弘前"
    "業務委託変更当該場合必要事項規程契続開始終了対応実施関連資料結果会議報告計画予算総務経理営業部課長係担支店"
    "姓名性别出生日期身份证部门职位工资发票品名规格单位备注总计小计日期客户李张刘王赵陈杨黄周吴徐孙马朱胡林何郭"
    "明今回元气去好如小少已常平开当很心想打把把接提文新无更最来果样次此每比水活海点然爱物特现理由相知种第等结给老者而能自行表被西见解让话该请起路身边过近还进通道那里重门间队阳难集需面音"
    "京津沪广深州江浙苏湖河山陕云贵川渝闽赣皖豫鄂湘粤桂琼黑吉辽蒙宁青新藏港澳"
    "季季租赁纪要则风汽车厂房屋土地环境保护质量标准检验测试保证办法制度人员培训合格证书申请表格附件填写盖章"
)
_MAX_BYTES = 8_192


def by_characters(evidence: bytes, *, least: int = 2, share: float = 0.5) -> str | None:
    """The encoding in which at least this number and share of the characters are frequent, and the share is twice as
    large as in any other. None if there is no such encoding."""
    shares: list[tuple[float, str]] = []
    for name in _NAMES:
        text = _decoded(evidence[:_MAX_BYTES], name)
        han = [each for each in text if each >= "\u3400"]
        frequent = HANGUL if name == "cp949" else _COMMON
        common = sum(each in frequent for each in han)
        if common >= least:
            shares.append((common / len(han), name))
    shares.sort(reverse=True)
    if not shares or shares[0][0] < share or (len(shares) > 1 and shares[0][0] < 2 * shares[1][0]):
        return None
    return shares[0][1]


def _decoded(evidence: bytes, name: str) -> str:
    """The text; empty if the bytes are not valid in this encoding. The evidence may end within a character."""
    for end in (len(evidence), len(evidence) - 1, len(evidence) - 2, len(evidence) - 3):
        try:
            return evidence[: max(0, end)].decode(name)
        except UnicodeDecodeError as error:
            if error.start < len(evidence) - 4:
                return ""
    return ""
