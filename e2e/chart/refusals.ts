/** Settings that cannot be honoured (given with `--set`, parted by spaces), and the one sentence that says so. */
export const refusals: Readonly<Record<string, string>> = {
  'controller.allowSnippetAnnotations=true':
    'controller.allowSnippetAnnotations is true, but there are no snippets: text of users never becomes configuration. Remove the value, and replace the snippets with the annotations in docs/annotations.md.',
  'controller.config.http-snippet=x':
    'controller.config.http-snippet is set, but there are no snippets. Remove it, and use the keys in docs/configmap.md.',
  'controller.config.allow-snippet-annotations=true':
    'controller.config.allow-snippet-annotations is true, but there are no snippets. Remove it.',
  'controller.enableAnnotationValidations=false':
    'controller.enableAnnotationValidations is false, but annotations are always checked. Remove the value.',
  'controller.enableTopologyAwareRouting=true rbac.scope=true controller.scope.enabled=true':
    'controller.enableTopologyAwareRouting is true and rbac.scope too, but a Role does not let the controller read the zone of its node. Set one of them to false.',
  'controller.maxmindLicenseKey=abc': 'controller.maxmindLicenseKey is set, but there is no GeoIP2. Remove the value.',
  'controller.customTemplate.configMapName=mine':
    'controller.customTemplate is set, but the template of nginx.conf is a part of the image. Remove the value.',
  'controller.extraModules[0].name=brotli': 'controller.extraModules is set, but no modules are loaded into NGINX. Remove the value.',
  'controller.opentelemetry.enabled=true':
    'controller.opentelemetry.enabled is true, but there is no OpenTelemetry module. Remove the value.',
  'controller.keda.enabled=true':
    'controller.keda.enabled is true, but no ScaledObject is made. Use controller.autoscaling, or make the ScaledObject yourself for the Deployment edge-gatehouse-controller.',
  'dhParam=abc':
    'dhParam is set, but no key exchange with a Diffie-Hellman group of your own is offered. Remove the value; elliptic curves are used.',
  'defaultBackend.enabled=true':
    'defaultBackend.enabled is true, but NGINX answers unknown hosts and paths itself, with 404. Remove the value, or run a backend of your own and name its Service in controller.extraArgs.default-backend-service as NAMESPACE/NAME.',
  'controller.image.chroot=true':
    "controller.image.chroot is true, but there is no such image; the controller has no access to NGINX's secrets and NGINX none to the API server anyway. Remove the value.",
  'global.image.registry=registry.k8s.io':
    'controller.image leads to registry.k8s.io/gatehouse:0.1.0, which is not an image of Gatehouse. Remove registry, image, tag and digest of ingress-nginx from controller.image and global.image.',
  'controller.image.repository=mirror.example.com/ingress-nginx/controller controller.image.tag=v1.15.1':
    'controller.image leads to mirror.example.com/ingress-nginx/controller:v1.15.1, which is not an image of Gatehouse. Remove registry, image, tag and digest of ingress-nginx from controller.image and global.image.',
  'controller.image.runAsNonRoot=false':
    'controller.image.runAsNonRoot is false, but the containers never run as root. Remove the value; with controller.hostNetwork the chart itself keeps what low ports need.',
  'controller.image.runAsUser=0':
    'controller.image.runAsUser is 0, but the containers never run as root. Remove the value, or name another account.',
  'controller.extraArgs.http-port=81':
    'controller.extraArgs.http-port is set, but the chart has to know it. Set controller.containerPort.http instead.',
  'controller.extraArgs.tcp-services-configmap=a/b':
    'controller.extraArgs.tcp-services-configmap is set, but the chart has to know it. Set tcp instead.',
  'controller.extraArgs.run-directory=/tmp': 'controller.extraArgs.run-directory is set, but it belongs to the chart. Remove it.',
  'controller.extraArgs.ssl-passthrough-proxy-port=442':
    'controller.extraArgs.ssl-passthrough-proxy-port is not a flag of Gatehouse. Remove it.',
  'controller.kind=DaemonSet controller.autoscaling.enabled=true':
    'controller.autoscaling.enabled is true, but a DaemonSet has one Pod on each node. Set controller.kind to Deployment, or remove the value.',
  'controller.hostNetwork=true controller.hostPort.enabled=true controller.containerPort.http=8080':
    "controller.hostPort.ports.http is 80 and controller.containerPort.http is 8080, but on the host's network they are one port. Remove one of them.",
  'controller.terminationGracePeriodSeconds=5':
    'controller.terminationGracePeriodSeconds is 5, but NGINX goes on serving for controller.drainSeconds, 10, before it begins to stop. Raise the first or lower the second.',
  'controller.healthCheckPath=/alive': 'controller.healthCheckPath is /alive, but the path is always /healthz. Remove the value.',
  'controller.readinessProbe.httpGet.path=/ready':
    'controller.readinessProbe.httpGet is set, but the chart knows what to ask. Remove it and keep the timings.',
  'rbac.scope=true':
    'rbac.scope is true and controller.scope.enabled is false, but a Role lets the controller read one namespace only. Set controller.scope.enabled to true, or rbac.scope to false.',
  'tcp.8443=data/postgres:5432':
    'tcp.8443 is set, but the Pod needs that port itself, for controller.containerPort.https. Choose another port.',
  'udp.10254=kube-system/dns:53': 'udp.10254 is set, but the Pod needs that port itself, for controller.metrics.port. Choose another port.',
  'tcp.80=data/postgres:5432':
    'tcp.80 is set, but the Service has that port already, as controller.service.ports.http. Choose another port.',
  'udp.8444=kube-system/dns:53 controller.config.use-http3=true':
    'udp.8444 is set, but the Pod needs that port itself, for HTTP/3 (controller.config.use-http3). Choose another port.',
  'portNamePrefix=gatehouse tcp.5432=data/postgres:5432':
    'portNamePrefix is gatehouse, but the name gatehouse-5432-tcp would be longer than the 15 characters that Kubernetes allows. Shorten it.',
  // What the schema says, in helm's words.
  'controller.replicas=3': "at '/controller': additional properties 'replicas' not allowed",
  'controller.service.type=Nodeport': "at '/controller/service/type': value must be one of 'LoadBalancer', 'NodePort', 'ClusterIP'",
  'controller.service.externalTrafficPolicy=local':
    "at '/controller/service/externalTrafficPolicy': value must be one of '', 'Cluster', 'Local'",
  'controller.service.nodePort=30080': "at '/controller/service': additional properties 'nodePort' not allowed",
  'controller.kind=StatefulSet': "at '/controller/kind': value must be one of 'Deployment', 'DaemonSet'",
  'tcp.postgres=data/postgres:5432': "at '/tcp': additional properties 'postgres' not allowed",
};
