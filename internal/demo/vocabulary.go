package demo

import (
	"math/rand/v2"
	"strings"
	"time"
)

var surnames = strings.Fields("김 김 김 이 이 이 박 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍")

var givenNames = strings.Fields(`민준 서연 도윤 지우 서준 하은 예준 서윤 주원 지유 시우 수아 지호 채원 지훈 지민 준서 윤서
	건우 은서 현우 다은 우진 예은 선우 수빈 연우 소율 정우 예린 승우 지아 준우 시은 민재 하린 현준 유나 태윤 가은 은우 민서 재윤
	나연 승현 혜원 동현 유진 영호 미경 성민 은정 상훈 지영`)

type region struct {
	name   string
	weight float64
}

var regions = []region{
	{"서울", 0.24}, {"경기", 0.27}, {"부산", 0.08}, {"인천", 0.07}, {"대구", 0.05}, {"경남", 0.06}, {"대전", 0.04},
	{"광주", 0.03}, {"울산", 0.02}, {"충남", 0.04}, {"경북", 0.03}, {"전북", 0.02}, {"강원", 0.02}, {"제주", 0.03},
}

var regionPick = func() sampler {
	weights := make([]float64, len(regions))
	for i, r := range regions {
		weights[i] = r.weight
	}
	return newSampler(weights)
}()

func weightedRegion(rng *rand.Rand) int { return regionPick.pick(rng) }

var storeNames = []storeName{
	{"강남점", "서울"}, {"홍대점", "서울"}, {"잠실점", "서울"}, {"성수점", "서울"}, {"목동점", "서울"}, {"노원점", "서울"},
	{"수원점", "경기"}, {"분당점", "경기"}, {"일산점", "경기"}, {"안양점", "경기"}, {"평촌점", "경기"}, {"동탄점", "경기"},
	{"송도점", "인천"}, {"부평점", "인천"}, {"서면점", "부산"}, {"해운대점", "부산"}, {"센텀점", "부산"}, {"동성로점", "대구"},
	{"수성점", "대구"}, {"둔산점", "대전"}, {"유성점", "대전"}, {"상무점", "광주"}, {"삼산점", "울산"}, {"창원점", "경남"},
	{"김해점", "경남"}, {"천안점", "충남"}, {"전주점", "전북"}, {"춘천점", "강원"}, {"강릉점", "강원"}, {"제주점", "제주"},
}

type storeName struct{ name, region string }

// footfall is how busy a store of a region is, around 1.
func footfall(region string) float64 {
	switch region {
	case "서울":
		return 1.5
	case "경기", "부산":
		return 1.15
	case "인천", "대구":
		return 1
	default:
		return 0.75
	}
}

var brands = strings.Fields("호수 온담 다온 새솔 늘봄 가람 Maru Sora Haneul Bomnal Onda Nuri 한결 소담 바른 Dodam 미소 초록들 청정원뜰 Lumi")

type category struct {
	name       string
	price      float64 // median, in won
	adjectives []string
	nouns      []string
}

var categories = []category{
	{"신선식품", 9_000, strings.Fields("유기농 햇 산지직송 무농약 제철 GAP"), strings.Fields("사과 딸기 상추 한우 삼겹살 고등어 계란 두부 감자 방울토마토")},
	{"가공식품", 6_500, strings.Fields("국산 매콤 담백한 프리미엄 간편 저당"), strings.Fields("라면 만두 김치 햇반 참치캔 시리얼 파스타 된장 스낵 견과")},
	{"음료", 4_500, strings.Fields("시원한 무가당 콜드브루 탄산 제로 유산균"), strings.Fields("커피 녹차 생수 주스 두유 식혜 탄산수 요구르트")},
	{"뷰티", 24_000, strings.Fields("수분 비건 저자극 미백 탄력 약산성"), strings.Fields("토너 세럼 크림 선크림 클렌저 마스크팩 쿠션 립밤 샴푸")},
	{"패션", 38_000, strings.Fields("오버핏 슬림 기모 린넨 데일리 클래식"), strings.Fields("셔츠 니트 청바지 코트 원피스 스니커즈 가방 양말 패딩")},
	{"리빙", 19_000, strings.Fields("북유럽 미니멀 접이식 대용량 항균 원목"), strings.Fields("수납함 이불 조명 러그 수건 머그 도마 방향제 행거")},
	{"디지털", 65_000, strings.Fields("무선 초경량 고속 4K 노이즈캔슬링 휴대용"), strings.Fields("이어폰 충전기 키보드 마우스 스피커 보조배터리 모니터 가습기")},
	{"유아동", 21_000, strings.Fields("순면 안심 유기농 천연 포근한 친환경"), strings.Fields("기저귀 물티슈 분유 내의 장난감 블록 그림책 유모차담요")},
}

// season is how much a category sells in a month, around 1.
func season(category string, month time.Month) float64 {
	switch category {
	case "음료":
		return []float64{0.7, 0.7, 0.8, 1, 1.2, 1.5, 1.8, 1.8, 1.2, 0.9, 0.8, 0.7}[month-1]
	case "패션":
		return []float64{0.9, 0.8, 1.1, 1.1, 1, 0.8, 0.7, 0.8, 1.3, 1.4, 1.3, 1.1}[month-1]
	case "뷰티":
		return []float64{0.9, 0.9, 1, 1.1, 1.2, 1.2, 1.1, 1, 0.9, 1, 1, 1}[month-1]
	case "유아동", "디지털":
		return []float64{0.9, 1, 1.1, 1, 1.4, 0.9, 0.9, 0.9, 1, 0.9, 1.1, 1.4}[month-1]
	default:
		return 1
	}
}

// Shares of visits: of the web in all, and of iOS in those of the apps.
const (
	webShare = 0.38
	iosShare = 0.42
)

var (
	platforms    = []string{"ios", "android", "web"}
	platformPick = newSampler([]float64{iosShare * (1 - webShare), (1 - iosShare) * (1 - webShare), webShare})
	services     = []string{"shop", "fresh", "live"}
	servicePick  = newSampler([]float64{0.7, 0.22, 0.08})
	versions     = []string{"5.2.0", "5.2.1", "5.3.0", "5.3.0", "5.3.1"}
	hourPick     = newSampler([]float64{
		2, 1, 0.6, 0.4, 0.3, 0.5, 1.2, 2.4, 3.4, 3.8, 4.2, 4.8, 5.4, 4.8, 4.4, 4.2, 4.3, 4.8, 5.4, 6.2, 7.2, 7.8, 6.6, 4.2,
	})
)
