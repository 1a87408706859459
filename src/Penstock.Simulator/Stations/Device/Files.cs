using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Logs that go up, firmware that comes down (blocks L and N), over real HTTP.</summary>
internal sealed class Files(DeviceState device)
{
    /// <summary>Largest firmware that the station stores.</summary>
    internal const int FirmwareBytesMax = 16 * 1024 * 1024;

    /// <summary>A transfer that takes longer has failed.</summary>
    private static readonly TimeSpan TransferMax = TimeSpan.FromSeconds(30);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TransferMax };

    private readonly Dictionary<string, string> published = [];
    private CancellationTokenSource? log;
    private CancellationTokenSource? firmware;

    internal UploadLogStatus LogState { get; private set; } = UploadLogStatus.Idle;

    internal FirmwareStatus FirmwareState { get; private set; } = FirmwareStatus.Idle;

    internal string FirmwareVersion { get; private set; } = "1.0";

    internal bool Updating => FirmwareState is not (FirmwareStatus.Idle or FirmwareStatus.Installed or FirmwareStatus.DownloadFailed or FirmwareStatus.InstallationFailed or FirmwareStatus.InvalidSignature);

    internal GetLogResponse GetLog(GetLogRequest asked)
    {
        if (Address(asked.Log.RemoteLocation) is not { } to) return new GetLogResponse { Status = LogStatus.Rejected, StatusInfo = Reason("InvalidURL", $"remoteLocation is \"{asked.Log.RemoteLocation}\", expected http or https") };
        var before = log is { IsCancellationRequested: false } && LogState == UploadLogStatus.Uploading ? log : null;
        before?.Cancel();
        var name = $"{device.Station.Model.Id.Value}-{asked.LogType}-{asked.RequestId}.log".ToLowerInvariant();
        var life = log = new CancellationTokenSource();
        device.Run(() => UploadAsync(asked, to, name, life.Token));
        return new GetLogResponse { Status = before is null ? LogStatus.Accepted : LogStatus.AcceptedCanceled, Filename = name };
    }

    internal UpdateFirmwareResponse Update(UpdateFirmwareRequest asked)
    {
        UpdateFirmwareResponse Answer(UpdateFirmwareStatus status, string? code = null, string? text = null) => new() { Status = status, StatusInfo = code is null ? null : Reason(code, text!) };
        if (Address(asked.Firmware.Location) is not { } from) return Answer(UpdateFirmwareStatus.Rejected, "InvalidURL", $"location is \"{asked.Firmware.Location}\", expected http or https");
        if (asked.Firmware.SigningCertificate is { } pem && (Certificates.Read(pem) is not [var signer, ..] || signer.NotAfter.ToUniversalTime() <= device.Now.UtcDateTime))
        {
            device.Secure("InvalidFirmwareSigningCertificate", "unreadable or expired");
            return Answer(UpdateFirmwareStatus.InvalidCertificate, "InvalidCertificate", "signingCertificate is unreadable or expired");
        }

        var running = Updating ? firmware : null;
        running?.Cancel();
        var life = firmware = new CancellationTokenSource();
        device.Run(() => InstallAsync(asked, from, life.Token));
        return Answer(running is null ? UpdateFirmwareStatus.Accepted : UpdateFirmwareStatus.AcceptedCanceled);
    }

    internal PublishFirmwareResponse Publish(PublishFirmwareRequest asked)
    {
        if (Address(asked.Location) is not { } from) return new PublishFirmwareResponse { Status = GenericStatus.Rejected, StatusInfo = Reason("InvalidURL", $"location is \"{asked.Location}\", expected http or https") };
        device.Run(async () =>
        {
            void Tell(PublishFirmwareStatus status, string? at = null) => device.Say<PublishFirmwareStatusNotificationRequest, PublishFirmwareStatusNotificationResponse>(
                new PublishFirmwareStatusNotificationRequest { Status = status, RequestId = asked.RequestId, Location = at is null ? null : [at] });
            Tell(PublishFirmwareStatus.Downloading);
            if (await FetchAsync(from, asked.Retries, asked.RetryInterval, CancellationToken.None) is not { } bytes)
            {
                Tell(PublishFirmwareStatus.DownloadFailed);
                return;
            }

            Tell(PublishFirmwareStatus.Downloaded);
            var good = Checksums(bytes).Contains(asked.Checksum, StringComparer.OrdinalIgnoreCase);
            Tell(good ? PublishFirmwareStatus.ChecksumVerified : PublishFirmwareStatus.InvalidChecksum);
            if (!good) return;
            lock (published) published[asked.Checksum] = asked.Location;
            Tell(PublishFirmwareStatus.Published, $"http://{device.Station.Model.Id.Value}.local/firmware/{asked.Checksum}");
        });
        return new PublishFirmwareResponse { Status = GenericStatus.Accepted };
    }

    internal UnpublishFirmwareResponse Unpublish(string checksum)
    {
        lock (published) return new UnpublishFirmwareResponse { Status = published.Remove(checksum) ? UnpublishFirmwareStatus.Unpublished : UnpublishFirmwareStatus.NoFirmware };
    }

    /// <summary>The standard says MD5; SHA-256 is what careful ones send.</summary>
    private static string[] Checksums(byte[] bytes) => [Convert.ToHexString(SHA256.HashData(bytes)), Convert.ToHexString(MD5.HashData(bytes))];

    internal void SayFirmware(int? request = null) => device.Say<FirmwareStatusNotificationRequest, FirmwareStatusNotificationResponse>(new FirmwareStatusNotificationRequest { Status = FirmwareState, RequestId = request });

    internal void SayLog(int? request = null) => device.Say<LogStatusNotificationRequest, LogStatusNotificationResponse>(new LogStatusNotificationRequest { Status = LogState, RequestId = request });

    private async Task UploadAsync(GetLogRequest asked, Uri to, string name, CancellationToken cancel)
    {
        void Tell(UploadLogStatus status)
        {
            LogState = status;
            SayLog(asked.RequestId);
        }

        Tell(UploadLogStatus.Uploading);
        var text = Encoding.UTF8.GetBytes(device.Journal(asked.LogType, asked.Log.OldestTimestamp, asked.Log.LatestTimestamp));
        for (var left = asked.Retries ?? 0; ; left--)
        {
            var result = await SendAsync(to, name, text, cancel);
            if (cancel.IsCancellationRequested)
            {
                Tell(device.Is16 ? UploadLogStatus.UploadFailure : UploadLogStatus.AcceptedCanceled);
                return;
            }

            if (result == UploadLogStatus.Uploaded || left <= 0)
            {
                Tell(result);
                LogState = UploadLogStatus.Idle;
                return;
            }

            await device.DelayAsync(TimeSpan.FromSeconds(asked.RetryInterval ?? 1), cancel);
        }
    }

    /// <summary>PUT to the address with the file's name where it ends in a slash; POST where PUT is not allowed.</summary>
    private static async Task<UploadLogStatus> SendAsync(Uri to, string name, byte[] text, CancellationToken cancel)
    {
        try
        {
            var address = to.AbsolutePath.EndsWith('/') ? new Uri(to, name) : to;
            using var put = Message(HttpMethod.Put, address, text);
            using var answer = await Http.SendAsync(put, cancel);
            if (answer.IsSuccessStatusCode) return UploadLogStatus.Uploaded;
            if (answer.StatusCode is System.Net.HttpStatusCode.Unauthorized or System.Net.HttpStatusCode.Forbidden) return UploadLogStatus.PermissionDenied;
            if (answer.StatusCode is not (System.Net.HttpStatusCode.MethodNotAllowed or System.Net.HttpStatusCode.NotFound)) return UploadLogStatus.UploadFailure;
            using var post = Message(HttpMethod.Post, to, text);
            using var second = await Http.SendAsync(post, cancel);
            return second.IsSuccessStatusCode ? UploadLogStatus.Uploaded : UploadLogStatus.UploadFailure;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return UploadLogStatus.UploadFailure;
        }
    }

    private static HttpRequestMessage Message(HttpMethod method, Uri to, byte[] body)
    {
        var message = new HttpRequestMessage(method, to) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        if (to.UserInfo.Length > 0) message.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(to.UserInfo))));
        return message;
    }

    private async Task InstallAsync(UpdateFirmwareRequest asked, Uri from, CancellationToken cancel)
    {
        void Tell(FirmwareStatus status)
        {
            if (cancel.IsCancellationRequested) return;
            FirmwareState = status;
            SayFirmware(asked.RequestId);
        }

        if (asked.Firmware.RetrieveDateTime > device.Now)
        {
            Tell(FirmwareStatus.DownloadScheduled);
            await device.DelayAsync(asked.Firmware.RetrieveDateTime - device.Now, cancel);
        }

        Tell(FirmwareStatus.Downloading);
        if (await FetchAsync(from, asked.Retries, asked.RetryInterval, cancel) is not { } bytes)
        {
            Tell(FirmwareStatus.DownloadFailed);
            return;
        }

        Tell(FirmwareStatus.Downloaded);
        if (asked.Firmware.SigningCertificate is { } pem)
        {
            var good = Verified(pem, asked.Firmware.Signature, bytes);
            Tell(good ? FirmwareStatus.SignatureVerified : FirmwareStatus.InvalidSignature);
            if (!good)
            {
                device.Secure("InvalidFirmwareSignature", asked.Firmware.Location);
                return;
            }
        }

        if (asked.Firmware.InstallDateTime is { } at && at > device.Now)
        {
            Tell(FirmwareStatus.InstallScheduled);
            await device.DelayAsync(at - device.Now, cancel);
        }

        if (cancel.IsCancellationRequested) return;
        Tell(FirmwareStatus.Installing);
        FirmwareVersion = Version(bytes);
        Tell(FirmwareStatus.Installed);
        device.Secure("FirmwareUpdated", FirmwareVersion);
    }

    /// <summary>A file that begins with a version such as 2.4.1 has this version; else it is called by its checksum.</summary>
    private static string Version(byte[] bytes)
    {
        var text = Encoding.ASCII.GetString(bytes, 0, Math.Min(16, bytes.Length)).Split('\n', ' ', '\r')[0].Trim();
        return text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c == '.') ? text : Convert.ToHexStringLower(SHA256.HashData(bytes))[..8];
    }

    private static bool Verified(string pem, string? signature, byte[] bytes)
    {
        if (Certificates.Read(pem) is not [var signer, ..] || signature is null) return false;
        var raw = new byte[signature.Length];
        if (!Convert.TryFromBase64String(signature, raw, out var length)) return false;
        var given = raw.AsSpan(0, length);
        using var elliptic = signer.GetECDsaPublicKey();
        if (elliptic is not null) return elliptic.VerifyData(bytes, given, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) || elliptic.VerifyData(bytes, given, HashAlgorithmName.SHA256);
        using var rsa = signer.GetRSAPublicKey();
        return rsa is not null && (rsa.VerifyData(bytes, given, HashAlgorithmName.SHA256, RSASignaturePadding.Pss) || rsa.VerifyData(bytes, given, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    /// <returns>Null = it could not be had, after the retries asked for.</returns>
    private async Task<byte[]?> FetchAsync(Uri from, int? retries, int? retrySeconds, CancellationToken cancel)
    {
        for (var left = retries ?? 0; ; left--)
        {
            try
            {
                using var answer = await Http.GetAsync(from, cancel);
                var bytes = answer.IsSuccessStatusCode && answer.Content.Headers.ContentLength is not > FirmwareBytesMax ? await answer.Content.ReadAsByteArrayAsync(cancel) : null;
                if (bytes is { Length: <= FirmwareBytesMax }) return bytes;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                if (cancel.IsCancellationRequested) return null;
            }

            if (left <= 0) return null;
            await device.DelayAsync(TimeSpan.FromSeconds(retrySeconds ?? 1), cancel);
        }
    }

    private static Uri? Address(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;

    private static StatusInfo Reason(string code, string text) => new() { ReasonCode = code, AdditionalInfo = string.Create(CultureInfo.InvariantCulture, $"{text}") };
}
