using System.Net.Http.Headers;
using System.Text.Json;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Security;

/// <summary>What came from outside, or why nothing did.</summary>
/// <param name="Code">Reason code for the station; null = there is a value.</param>
public sealed record Exchanged<T>(T? Value, string? Code, string? Reason)
    where T : class
{
    internal static Exchanged<T> Of(T value) => new(value, null, null);

    internal static Exchanged<T> Failed(string code, string reason) => new(null, code, reason);
}

/// <param name="RemainingContracts">2.1: how many more chains wait at the service.</param>
public sealed record EvCertificateAnswer(string ExiResponse, int? RemainingContracts);

/// <summary>
/// Asks others for a station: OCSP responders of the allow-list, and the configured service that provisions EV certificates. A station chooses no address
/// inside the operator's network: no redirects, no proxies, no host that is not on the list.
/// </summary>
public sealed class CertificateExchange : IDisposable
{
    /// <summary>From the question to the last byte: the station's other messages wait behind it, and its own deadline is 30 s.</summary>
    public static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of an OCSP answer: what fits into ocspResult (18,000 characters of base64).</summary>
    public const int OcspBytesMax = 13_500;

    /// <summary>Bytes of an EV certificate answer: exiResponse has at most 17,000 characters.</summary>
    public const int EvBytesMax = 20_000;

    /// <summary>Questions at once; a further one fails and the station asks again.</summary>
    public const int AtOnceMax = 32;

    private readonly SecurityOptions options;
    private readonly TimeSpan deadline;
    private readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = AnswerMax, MaxResponseHeadersLength = 16 }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly SemaphoreSlim slots = new(AtOnceMax);

    public CertificateExchange(SecurityOptions options)
        : this(options, AnswerMax)
    {
    }

    internal CertificateExchange(SecurityOptions options, TimeSpan deadline) => (this.options, this.deadline) = (options, deadline);

    /// <summary>The responder's answer as DER.</summary>
    public async Task<Exchanged<byte[]>> OcspAsync(V21.CertificateHashData certificate, string responder, CancellationToken cancel)
    {
        if (!Allowed(responder)) return Exchanged<byte[]>.Failed("InvalidURL", $"The OCSP responder {Cut(responder)} is not on this platform's list (Penstock:Security:OcspResponders).");
        if (OcspMessage.Request(certificate) is not { } request) return Exchanged<byte[]>.Failed("InvalidValue", "issuerNameHash, issuerKeyHash and serialNumber are hexadecimal.");
        var content = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/ocsp-request") } };
        return await PostAsync(new Uri(responder), content, OcspBytesMax, cancel);
    }

    /// <summary>Posts the request to the provisioning service as JSON {iso15118SchemaVersion, action, exiRequest, maximumContractCertificateChains, prioritizedEMAIDs}; it answers {exiResponse, remainingContracts}.</summary>
    public async Task<Exchanged<EvCertificateAnswer>> EvCertificateAsync(V21.Get15118EVCertificateRequest request, CancellationToken cancel)
    {
        if (options.EvCertificateService is not { } service) return Exchanged<EvCertificateAnswer>.Failed("NotEnabled", "No service for EV certificates is configured (Penstock:Security:EvCertificateService).");
        var content = JsonContent.Create(new { request.Iso15118SchemaVersion, action = request.Action.ToString(), request.ExiRequest, request.MaximumContractCertificateChains, request.PrioritizedEMAIDs }, options: JsonSerializerOptions.Web);
        var answer = await PostAsync(new Uri(service), content, EvBytesMax, cancel);
        if (answer.Value is null) return Exchanged<EvCertificateAnswer>.Failed(answer.Code!, answer.Reason!);
        try
        {
            return JsonSerializer.Deserialize<EvCertificateAnswer>(answer.Value, JsonSerializerOptions.Web) is { ExiResponse.Length: > 0 and <= 17_000 } read
                ? Exchanged<EvCertificateAnswer>.Of(read)
                : Exchanged<EvCertificateAnswer>.Failed("InternalError", "The EV certificate service answered without an exiResponse of 1 to 17,000 characters.");
        }
        catch (JsonException)
        {
            return Exchanged<EvCertificateAnswer>.Failed("InternalError", "The EV certificate service answered with something that is no JSON object.");
        }
    }

    internal bool Allowed(string responder) =>
        SecurityOptions.IsUrl(responder, "http", "https") && new Uri(responder) is { UserInfo.Length: 0 } uri
        && options.OcspResponders.Any(a => string.Equals(a, uri.IsDefaultPort ? uri.Host : uri.Authority, StringComparison.OrdinalIgnoreCase));

    public void Dispose()
    {
        client.Dispose();
        slots.Dispose();
    }

    private async Task<Exchanged<byte[]>> PostAsync(Uri to, HttpContent content, int bytesMax, CancellationToken cancel)
    {
        if (!await slots.WaitAsync(TimeSpan.Zero, cancel)) return Exchanged<byte[]>.Failed("InternalError", $"{AtOnceMax} questions are under way; ask again.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(deadline);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, to) { Content = content };
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!answer.IsSuccessStatusCode) return Exchanged<byte[]>.Failed("InternalError", $"{to.Authority} answered {(int)answer.StatusCode}.");
            await using var body = await answer.Content.ReadAsStreamAsync(limit.Token);
            var buffer = new byte[bytesMax + 1];
            var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, limit.Token);
            return length > bytesMax ? Exchanged<byte[]>.Failed("TooLargeElement", $"{to.Authority} answered with more than {bytesMax} bytes.") : Exchanged<byte[]>.Of(buffer[..length]);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Exchanged<byte[]>.Failed("InternalError", FormattableString.Invariant($"{to.Authority} did not answer within {deadline.TotalSeconds} s."));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Exchanged<byte[]>.Failed("InternalError", $"{to.Authority} cannot be asked: {e.Message}");
        }
        finally
        {
            slots.Release();
        }
    }

    private static string Cut(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
