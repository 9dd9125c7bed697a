package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.format.annotation.DurationFormat;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.http.ETag;
import org.springframework.http.HttpRange;
import org.springframework.http.server.PathContainer;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.reactive.DefaultCorsProcessor;
import org.springframework.web.server.adapter.ForwardedHeaderTransformer;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * What readers of Spring and Netty make of the inputs for which the gateway has its own. When one of these tests fails, the
 * library has changed: look at the class whose Javadoc names it, and whether it is still needed.
 */
class LibrariesTest {

    /** See {@code ByteRange}. */
    @Test
    void rangesOfLargePositionsFailAndNumbersAreReadLaxly() {
        for (String range : new String[] {"bytes=0-99999999999999999999", "Bytes=0-1"}) {
            assertThatThrownBy(() -> HttpRange.parseRanges(range)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(HttpRange.parseRanges("bytes=+5-6").get(0).getRangeStart(9)).isEqualTo(5);
        assertThat(HttpRange.parseRanges("bytes=٣-").get(0).getRangeStart(9)).isEqualTo(3);
        HttpRange none = HttpRange.parseRanges("bytes=-0").get(0);
        assertThat(none.getRangeStart(9)).isGreaterThan(none.getRangeEnd(9));
    }

    /** See {@code EntityTags}. */
    @Test
    void aStarBesideLettersIsTheWildcard() {
        assertThat(ETag.parse("y*")).anyMatch(ETag::isWildcard);
        assertThat(ETag.parse("*, \"y\"")).anyMatch(ETag::isWildcard);
    }

    /** See {@code TimeValues}. */
    @Test
    void aDurationNeedsNoUnit() {
        assertThat(DurationFormatterUtils.parse("30", DurationFormat.Style.SIMPLE))
                .isEqualTo(Duration.ofMillis(30));
        assertThat(DurationFormatterUtils.parse("+30s", DurationFormat.Style.SIMPLE))
                .isEqualTo(Duration.ofSeconds(30));
    }

    /** See {@code Cors}. */
    @Test
    void anOriginThatIsNotAllowedIsRefused() {
        CorsConfiguration allowed = new CorsConfiguration();
        allowed.setAllowedOrigins(List.of("https://app.example"));
        MockServerWebExchange stranger =
                exchange(MockServerHttpRequest.get("http://g/jobs/x").header("Origin", "https://other.example"));
        assertThat(new DefaultCorsProcessor().process(allowed, stranger)).isFalse();
        assertThat(stranger.getResponse().getStatusCode().value()).isEqualTo(403);

        MockServerWebExchange plain = exchange(MockServerHttpRequest.get("http://g/jobs/x"));
        assertThat(new DefaultCorsProcessor().process(allowed, plain)).isTrue();
        assertThat(plain.getResponse().getHeaders().get("Vary"))
                .containsExactly("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers");
    }

    /** See {@code TrustedProxies}. */
    @Test
    void whatAnybodySaysOfItsAddressIsBelieved() {
        MockServerHttpRequest request = MockServerHttpRequest.get("http://g/")
                .remoteAddress(InetSocketAddress.createUnresolved("192.0.2.1", 1))
                .header("X-Forwarded-For", "198.51.100.7, 192.0.2.9")
                .build();
        assertThat(new ForwardedHeaderTransformer()
                        .apply(request)
                        .getRemoteAddress()
                        .getHostString())
                .isEqualTo("198.51.100.7");
    }

    /** See {@code LenientUri}. */
    @Test
    void noBuilderOfUrisKeepsEscapesAndEscapesTheRest() {
        String target = "/%41|";
        assertThat(UriComponentsBuilder.fromUriString(target).encode().build().toUriString())
                .isEqualTo("/%2541%7C");
        assertThatThrownBy(() -> UriComponentsBuilder.fromUriString(target).build(true))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> UriComponentsBuilder.fromUriString(
                                "http://g" + target, UriComponentsBuilder.ParserType.WHAT_WG)
                        .build(true)
                        .toUri())
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(UriComponentsBuilder.fromUriString("http://g/a/../b", UriComponentsBuilder.ParserType.WHAT_WG)
                        .build()
                        .getPath())
                .isEqualTo("/b");
    }

    /** See {@code RawPath} of the routes. */
    @Test
    void anEncodedSlashIsTakenForOne() {
        PathContainer path = PathContainer.parsePath("/a%2Fb", PathContainer.Options.create('/', false));
        assertThat(path.elements().get(1))
                .isInstanceOfSatisfying(
                        PathContainer.PathSegment.class,
                        segment -> assertThat(segment.valueToMatch()).isEqualTo("a/b"));
    }

    /** See {@code Framing}. */
    @Test
    void aCodingBesideChunkedIsChunked() {
        DefaultHttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
        request.headers().add("Transfer-Encoding", "gzip").add("Transfer-Encoding", "chunked");
        assertThat(HttpUtil.isTransferEncodingChunked(request)).isTrue();
    }

    private static MockServerWebExchange exchange(MockServerHttpRequest.BaseBuilder<?> request) {
        return MockServerWebExchange.from(request);
    }
}
